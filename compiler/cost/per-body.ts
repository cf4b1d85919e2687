/**
 * Answers that depend on a body and on what is known at its border: one for all calls of the body that are alike there.
 */
export class PerBody<Body, Known, Answer> {
  private readonly answers = new Map<Body, { readonly at: readonly Known[]; readonly answer: Answer }[]>();

  constructor(private readonly same: (a: Known, b: Known) => boolean = Object.is) {}

  get(body: Body, at: readonly Known[], make: () => Answer): Answer {
    const list = this.answers.get(body) ?? [];
    this.answers.set(body, list);
    const found = list.find((one) => one.at.every((known, i) => this.same(known, at[i]!)));
    if (found) return found.answer;
    const answer = make();
    list.push({ at, answer });
    return answer;
  }
}
