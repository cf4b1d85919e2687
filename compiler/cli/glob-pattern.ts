type Test = (character: string) => boolean;

const any: Test = () => true;
const within: Test = (character) => character !== "/";
const slash: Test = (character) => character === "/";

/** A state of the machine that a pattern is: where a character leads, and where nothing at all leads. */
interface State {
  readonly steps: (readonly [test: Test, to: State])[];
  readonly skips: State[];
}

/**
 * Whether a whole path matches a pattern: `*` and `?` stay in a folder, `**` does not, `{a,b}` is either. It takes time
 * in proportion to the path and the pattern; a regular expression would take exponentially long for some.
 */
export function globPattern(glob: string): (path: string) => boolean {
  const { start, end } = machineOf([...glob]);
  return (path) => {
    let states = reached([start]);
    for (const character of path) {
      const next: State[] = [];
      for (const { steps } of states) for (const [test, to] of steps) if (test(character)) next.push(to);
      states = reached(next);
    }
    return states.has(end);
  };
}

function reached(states: readonly State[]): ReadonlySet<State> {
  const all = new Set(states);
  for (const { skips } of all) for (const to of skips) all.add(to);
  return all;
}

function machineOf(glob: readonly string[]): { readonly start: State; readonly end: State } {
  const state = (): State => ({ steps: [], skips: [] });
  const start = state();
  const braces: { readonly before: State; readonly ends: State[] }[] = [];
  let at = start;
  const step = (test: Test): void => {
    const to = state();
    at.steps.push([test, to]);
    at = to;
  };
  /** Any number of such characters. A state of its own, so that other branches do not repeat them. */
  const repeat = (test: Test): void => {
    const loop = state();
    at.skips.push(loop);
    loop.steps.push([test, loop]);
    at = loop;
  };
  const close = (): void => {
    const brace = braces.pop()!;
    const after = state();
    for (const end of [...brace.ends, at]) end.skips.push(after);
    at = after;
  };
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i]!;
    const brace = braces.at(-1);
    if (c === "*" && glob[i + 1] === "*") {
      i++;
      const before = at;
      repeat(any);
      if (glob[i + 1] !== "/") continue;
      i++;
      step(slash);
      before.skips.push(at);
    } else if (c === "*") repeat(within);
    else if (c === "?") step(within);
    else if (c === "{") braces.push({ before: at, ends: [] });
    else if (c === "}" && brace) close();
    else if (c === "," && brace) {
      brace.ends.push(at);
      at = state();
      brace.before.skips.push(at);
    } else step((character) => character === c);
  }
  while (braces.length > 0) close();
  return { start, end: at };
}
