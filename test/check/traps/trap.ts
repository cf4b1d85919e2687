/**
 * What users of the reference implementations run into (`pkm-span-allattention.md` and `reformer-perceiver-xl.md`, §8:
 * issues and assertions of trax, `transformers`, the ports for PyTorch and the papers' own code), by name: each as a
 * small spec with the mistake, and what one of its numbers must be, which a line of the message's help has to say.
 * Without that, no number alone would mend it, and the message says what to do.
 */
export type Traps = Readonly<Record<string, readonly [spec: string, fits?: string]>>;
