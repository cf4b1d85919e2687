import type { Dim } from "../../dim/dim.js";
import type { Variable } from "./lines.js";

/** What a reshaped tensor is a view of. */
export interface View {
  readonly of: Variable;
  readonly dims: readonly Dim[];
}

/** The tensors of a function that show others in another shape: of each tensor one a shape. */
export class Views {
  private readonly roots = new Map<Variable, View>();
  private readonly known = new Map<Variable, Map<string, Variable>>();

  /** What `x` is a view of, if it is one; that is no view itself. */
  rootOf(x: Variable): View | undefined {
    return this.roots.get(x);
  }

  /** The view of a tensor in `shape`, made where there is none yet. */
  of(root: View, shape: string, make: () => Variable): Variable {
    const known = this.known.get(root.of) ?? new Map<string, Variable>();
    this.known.set(root.of, known);
    const view = known.get(shape) ?? make();
    known.set(shape, view);
    this.roots.set(view, root);
    return view;
  }
}
