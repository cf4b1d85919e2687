import type { Span } from "../../grammar/ast.js";
import type { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import type { Tracer } from "./tracer.js";
import type { Instance, Tensor, Val } from "./values.js";

/** A state declared by a layer: what earlier steps left, and what this one leaves. */
export interface StateSlot {
  readonly name: string;
  readonly current: Tensor;
  next: Tensor | undefined;
  readonly span: Span;
  /** Hands the state over to the graph once the layer is traced; absent for what is stored with the weights. */
  readonly finish: (() => void) | undefined;
}

/** The sizes of axis names: one size each within a layer (or a function that declares shapes). */
export class AxisTable {
  readonly sizes = new Map<string, { readonly size: Dim; readonly span: Span }>();
  /** Axes that grow with the steps, each with its bound: the states that name one grow together. */
  readonly growing = new Map<string, Dim | undefined>();
  /** Axes that a line would have shown which is wrong: what is asked of them is silent. */
  readonly lost = new Set<string>();
  /** The axes behind `..`, once a tensor has shown them. */
  rest: readonly Dim[] | undefined;

  /** For a round of a `for`: what it declares is its own, what is known outside stays known. */
  inner(): AxisTable {
    const table = new AxisTable();
    for (const [name, size] of this.sizes) table.sizes.set(name, size);
    for (const [name, bound] of this.growing) table.growing.set(name, bound);
    for (const name of this.lost) table.lost.add(name);
    table.rest = this.rest;
    return table;
  }
}

/**
 * Where names are looked up while a body is traced. A layer call opens one with its own axes; blocks of `for`, `map`
 * and functions open inner ones that share what they do not replace.
 */
export class Scope {
  readonly vars = new Map<string, Val>();
  readonly tracer: Tracer;
  readonly parent: Scope | undefined;
  builder: Builder;
  readonly axes: AxisTable;
  /** The file whose declarations are visible. */
  readonly file: string;
  /** The instance being traced, and the path below it (`parts.0`). */
  readonly instance: Instance | undefined;
  readonly path: string;
  /** Members of this place, for `embed.parts[0].table`. */
  readonly members: Map<string, Val>;
  readonly states: Map<string, StateSlot>;
  /** Arguments that bind weights by name. */
  readonly given: ReadonlyMap<string, Val>;
  /** What a name that no scope knows means here (a model's fields); undefined falls through to the file. */
  readonly outer: ((name: string, span: Span) => Val | undefined) | undefined;
  /** The name on the left of the line being evaluated, for instances that run in place. */
  line = "";
  /** Declares the axis of the `for … along` this scope is the body of. */
  readonly along: MapLoop | undefined;
  returned: readonly Val[] | undefined;
  /** What the requirements read that did not hold. */
  readonly blamed = new Set<string>();

  constructor(options: {
    tracer: Tracer;
    builder: Builder;
    file: string;
    parent?: Scope | undefined;
    axes?: AxisTable;
    instance?: Instance | undefined;
    path?: string;
    members?: Map<string, Val>;
    states?: Map<string, StateSlot>;
    given?: ReadonlyMap<string, Val>;
    outer?: ((name: string, span: Span) => Val | undefined) | undefined;
    along?: MapLoop | undefined;
  }) {
    const parent = options.parent;
    this.tracer = options.tracer;
    this.builder = options.builder;
    this.file = options.file;
    this.parent = parent;
    this.axes = options.axes ?? parent?.axes ?? new AxisTable();
    this.instance = options.instance ?? parent?.instance;
    this.path = options.path ?? parent?.path ?? "";
    this.members = options.members ?? parent?.members ?? new Map();
    this.states = options.states ?? parent?.states ?? new Map();
    this.given = options.given ?? parent?.given ?? new Map();
    this.outer = options.outer ?? parent?.outer;
    this.along = options.along ?? parent?.along;
    this.line = parent?.line ?? "";
  }

  /** The layer's own scope: a `return` inside an `if` or a loop ends the layer. */
  get root(): Scope {
    return this.parent ? this.parent.root : this;
  }

  find(name: string): Val | undefined {
    return this.vars.get(name) ?? this.parent?.find(name);
  }

  /** Rebinds a name where it already lives (so that a `for` carries it), or binds it here. */
  assign(name: string, val: Val): void {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      if (scope.vars.has(name)) {
        scope.vars.set(name, val);
        return;
      }
    }
    this.vars.set(name, val);
  }

  inner(
    options: {
      path?: string;
      axes?: AxisTable;
      members?: Map<string, Val>;
      states?: Map<string, StateSlot>;
      builder?: Builder;
      along?: MapLoop;
    } = {},
  ): Scope {
    return new Scope({
      tracer: this.tracer,
      builder: options.builder ?? this.builder,
      file: this.file,
      parent: this,
      ...(options.path === undefined ? {} : { path: options.path }),
      ...(options.axes ? { axes: options.axes } : {}),
      ...(options.members ? { members: options.members } : {}),
      ...(options.states ? { states: options.states } : {}),
      ...(options.along ? { along: options.along } : {}),
    });
  }
}

/** The body of `for c along C`: what it reads at the current place becomes a mapped input. */
export interface MapLoop {
  readonly variable: string;
  readonly axis: string;
  readonly size: Dim;
  readonly outer: Builder;
  readonly inner: Builder;
  /** Outer value with the axis in front → the body's input. */
  readonly mapped: Map<import("../ir/graph.js").Value, import("../ir/graph.js").Value>;
}
