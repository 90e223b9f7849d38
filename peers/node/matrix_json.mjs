/* The JSON of Matrix: as it is signed, and as others have written it, which is looked at before it is used. */
import { Rejected } from "./groupbench_child.mjs";

const MOST_DEPTH = 16; // of objects in objects

/* Keys in the order of their names, as Matrix signs them. */
export function canonical(value, depth = MOST_DEPTH) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (depth === 0) throw new Rejected("objects in too many objects");
  const inner = (v) => canonical(v, depth - 1);
  if (Array.isArray(value)) return `[${value.map(inner).join(",")}]`;
  return `{${Object.keys(value).sort().map((k) => `${JSON.stringify(k)}:${inner(value[k])}`).join(",")}}`;
}
export function unsigned(object) {
  const { signatures: _, ...rest } = object;
  return canonical(rest);
}

/* What others write is of this form, or refused here, by name: no error that it would cause below is a refusal. */
export function objectOf(value, what) {
  if (value === null || typeof value !== "object") throw new Rejected(`${what}: not an object`);
  return value;
}
export function textOf(value, what) {
  if (typeof value !== "string") throw new Rejected(`${what}: not a string`);
  return value;
}
export function parsed(text, what) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (e) {
    throw new Rejected(`${what}: ${e.message}`);
  }
  return objectOf(value, what);
}
