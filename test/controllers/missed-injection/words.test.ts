import { expect } from 'chai';
import { wordsForPod } from '../../../operator/controllers/missed-injection/words.ts';

describe('what is said of a missed injection', () => {
  it('names five bindings at most, so that the rest of the sentence is not cut', () => {
    const bindings = Array.from({ length: 40 }, (_, at) => ({ metadata: { name: `${'x'.repeat(100)}${10 + at}` } }));
    const words = wordsForPod(bindings);
    expect(words).to.match(/14 and 35 more: .*create it again\.$/);
    expect(words.length).to.be.below(1_024);
  });
});
