import { expect } from 'chai';
import { describe, it } from 'mocha';
import { archivePath, parseArguments } from '../../deploy/local/args.ts';

describe('the cluster command line', () => {
  it('means the cluster named dev when no name is given', () => {
    expect(parseArguments(['up'])).to.deep.equal({ command: 'up', name: 'dev', images: [], rest: [] });
  });

  it('takes options before and after the command', () => {
    const parsed = parseArguments(['--name', 'a', 'up', '--image', 'x.tar', '--image', 'y.tar']);
    expect(parsed).to.include({ command: 'up', name: 'a' });
    expect(parsed.images).to.deep.equal(['x.tar', 'y.tar']);
  });

  it('leaves the options of a command that is executed alone', () => {
    const words = ['exec', '--name', 'a', 'kubectl', 'get', 'pods', '--name', 'b', '--', '-x'];
    expect(parseArguments(words)).to.include({ name: 'a' });
    expect(parseArguments(words).rest).to.deep.equal(words.slice(3));
  });

  it('takes a double dash as the begin of what is executed', () => {
    expect(parseArguments(['exec', '--', '-x']).rest).to.deep.equal(['-x']);
  });

  it('keeps the context of an existing cluster', () => {
    expect(parseArguments(['load-image', 'a.tar', '--context', 'kind-a'])).to.include({ context: 'kind-a' });
  });

  it('means archives of the folder that the user is in, which npm leaves for the package', () => {
    expect(archivePath('image.tar', { INIT_CWD: '/home/me' })).to.equal('/home/me/image.tar');
    expect(archivePath('/srv/image.tar', { INIT_CWD: '/home/me' })).to.equal('/srv/image.tar');
    expect(archivePath('image.tar', {})).to.equal(`${process.cwd()}/image.tar`);
  });

  const mistakes: Record<string, [string[], string]> = {
    'no command': [[], 'say what to do'],
    'an unknown command': [['start'], 'unknown command start'],
    'an option without its value': [['up', '--name'], '--name needs a value'],
    'an unknown option': [['up', '--fast'], 'unknown option --fast'],
    'a name that is a path': [['up', '--name', '../a'], 'cannot be a cluster'],
    'nothing to execute': [['exec'], 'exec needs something'],
    'a word too many': [['down', 'all'], 'down takes no "all"'],
    'an image for down': [['down', '--image', 'a.tar'], '--image is for up'],
    'a context for down, which would remove nothing': [['down', '--context', 'a'], 'takes no --context'],
  };
  for (const [what, [words, message]] of Object.entries(mistakes)) {
    it(`refuses ${what}`, () => {
      expect(() => parseArguments(words)).to.throw(message);
    });
  }
});
