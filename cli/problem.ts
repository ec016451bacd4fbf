/** Why a command could not do its work: a sentence for whoever typed it. */
export class CommandProblem extends Error {
  override readonly name = 'CommandProblem';
}
