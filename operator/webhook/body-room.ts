/** How much of bodies may be on its way or worked on, in bytes. */
export interface RoomLimits {
  readonly all: number;
  /** Of one address: who fills it leaves room for the API server. */
  readonly ofOne: number;
}

const MIB = 1_048_576;
/** Pods have some ten KiB, and an API server has 200 writes under way: far more than it sends, and far less than the process may have. */
const LIMITS: RoomLimits = { all: 64 * MIB, ofOne: 32 * MIB };

/** Room for the bodies of requests, whose senders nobody has asked who they are. */
export class BodyRoom {
  readonly #limits: RoomLimits;
  readonly #of = new Map<string, number>();
  #all = 0;

  constructor(limits: Partial<RoomLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Undefined: there is none for so many bytes. Else what gives it back, once. */
  take(address: string, bytes: number): (() => void) | undefined {
    const own = this.#of.get(address) ?? 0;
    if (own + bytes > this.#limits.ofOne || this.#all + bytes > this.#limits.all) return undefined;
    this.#add(address, bytes);
    let isTaken = true;
    return () => {
      if (isTaken) this.#add(address, -bytes);
      isTaken = false;
    };
  }

  #add(address: string, bytes: number): void {
    const own = (this.#of.get(address) ?? 0) + bytes;
    if (own === 0) this.#of.delete(address);
    else this.#of.set(address, own);
    this.#all += bytes;
  }
}
