import { expect } from 'chai';
import { parseTemplate, renderTemplate, templateKeys } from '../../operator/injection/template.ts';

describe('template', () => {
  const valid: Record<string, [string, string]> = {
    'puts a value where its key is': ['password=${a/B}!', 'password=<a/B>!'],
    'takes a text without keys as it is': ['jdbc:x', 'jdbc:x'],
    'takes $${ as a literal ${': ['$${a/B}', '${a/B}'],
    'takes a lone $ as itself': ['$ cost $5 $', '$ cost $5 $'],
    'takes a $ before a literal ${ as itself': ['$$${a}', '$${a}'],
    'takes keys side by side': ['${A}${B}${A}', '<A><B><A>'],
    'takes braces without $ as themselves': ['{a}}', '{a}}'],
    'takes emoji and newlines': ['🔑\n${A}', '🔑\n<A>'],
  };
  for (const [sentence, [text, rendered]] of Object.entries(valid)) {
    it(sentence, () => {
      const template = parseTemplate(text);
      if ('problem' in template) throw new Error(template.problem.message);
      expect(renderTemplate(template, (key) => `<${key}>`)).to.equal(rendered);
    });
  }

  const invalid: Record<string, [string, number]> = {
    'refuses a ${ that is not closed': ['ab${KEY', 3],
    'refuses an empty key': ['${}', 1],
    'refuses a key with a space': ['x ${a b}', 3],
    'refuses a key with ..': ['${a/../b}', 1],
    'refuses a ${ in a ${': ['${a${b}}', 1],
  };
  for (const [sentence, [text, position]] of Object.entries(invalid)) {
    it(`${sentence}, and says where`, () => {
      const template = parseTemplate(text);
      if (!('problem' in template)) throw new Error('it parsed');
      expect(template.problem.reason).to.equal('InvalidTemplate');
      expect(template.problem.message).to.include(`at character ${position} `);
    });
  }

  it('never repeats the text in a message', () => {
    const texts = ['hunter2${KEY', 'hunter2${a b}', '${hunter2 }'];
    expect(texts.map((text) => JSON.stringify(parseTemplate(text))).filter((json) => json.includes('hunter2'))).to.be
      .empty;
  });

  it('inserts a value that looks like a template as it is', () => {
    const template = parseTemplate('${A}');
    if ('problem' in template) throw new Error(template.problem.message);
    expect(renderTemplate(template, () => '${B} $& $1')).to.equal('${B} $& $1');
  });

  it('names each key once', () => {
    const template = parseTemplate('${b}${a}${b}');
    if ('problem' in template) throw new Error(template.problem.message);
    expect(templateKeys(template)).to.deep.equal(['b', 'a']);
  });
});
