/**
 * Field tables of messages and the checks against them; the mirror of swarm/schema.py. The tables themselves are in
 * messages.ts, which is written from the Python classes.
 *
 * Two things JavaScript cannot see after decoding, both harmless: a whole float (1.0) passes as the integer it equals,
 * and broken UTF-8 passes as the text it was mended to, unless that has lone surrogates.
 */
import { ProtocolError } from "./errors.ts";

export type Field =
  | { readonly name: string; readonly shape: "uint" | "int"; readonly most: number }
  | { readonly name: string; readonly shape: "text" | "blob"; readonly least: number; readonly most: number }
  | { readonly name: string; readonly shape: "flag" }
  | { readonly name: string; readonly shape: "many"; readonly most: number; readonly element: Field }
  | { readonly name: string; readonly shape: "record"; readonly record: Fields };

export type Fields = readonly Field[];

export interface MessageType {
  readonly name: string;
  readonly fields: Fields;
}

/** The messages of one direction, by type number. */
export type MessageTypes = ReadonlyMap<number, MessageType>;

/** A built message or record before its type is known. */
export type Built = Record<string, unknown>;

const UTF8 = new TextEncoder();

/** Make the fields of a message or record from a decoded array of just them. Throws ProtocolError. */
export function build(name: string, fields: Fields, values: unknown): Built {
  if (!Array.isArray(values) || values.length !== fields.length) {
    throw new ProtocolError("fields", `${name} has ${fields.length} fields`);
  }
  const built: Built = {};
  fields.forEach((field, index) => {
    built[field.name] = check(field, (values as unknown[])[index]);
  });
  return built;
}

/** The field values of a message or record in wire order, ready for msgpack. */
export function unbuild(fields: Fields, message: Readonly<Built>): unknown[] {
  return fields.map((field) => plain(field, message[field.name]));
}

function check(field: Field, value: unknown): unknown {
  switch (field.shape) {
    case "uint":
      return checkNumber(field, value, 0, field.most);
    case "int":
      return checkNumber(field, value, -field.most, field.most);
    case "text":
      return checkText(field, value, field.least, field.most);
    case "blob":
      return checkBlob(field, value, field.least, field.most);
    case "flag":
      if (typeof value !== "boolean") throw bad(field, "true or false", value);
      return value;
    case "many":
      if (!Array.isArray(value) || value.length > field.most) {
        throw bad(field, `at most ${field.most} elements`, value);
      }
      return value.map((one) => check(field.element, one));
    case "record":
      return build(field.name, field.record, value);
  }
}

function checkNumber(field: Field, value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw bad(field, `a whole number from ${least} to ${most}`, value);
  }
  return value;
}

function checkText(field: Field, value: unknown, least: number, most: number): string {
  if (typeof value !== "string" || /\p{Surrogate}/u.test(value)) throw bad(field, "text", value);
  const bytes = UTF8.encode(value).length;
  if (bytes < least || bytes > most) throw bad(field, `text of ${least} to ${most} bytes`, value);
  return value;
}

function checkBlob(field: Field, value: unknown, least: number, most: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length < least || value.length > most) {
    throw bad(field, `${least} to ${most} bytes`, value);
  }
  return value;
}

function plain(field: Field, value: unknown): unknown {
  if (field.shape === "record") return unbuild(field.record, value as Built);
  if (field.shape === "many") return (value as readonly unknown[]).map((one) => plain(field.element, one));
  return value;
}

function bad(field: Field, wanted: string, value: unknown): ProtocolError {
  const shown = typeof value === "string" || typeof value === "number" ? String(value).slice(0, 40) : typeof value;
  return new ProtocolError("field", `${field.name} must be ${wanted}, not ${shown}`);
}
