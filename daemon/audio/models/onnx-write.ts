/**
 * Writes ONNX graphs: the few messages of onnx.proto3 that inference needs, in protobuf's wire format.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 (opset 17, IR version 8).
 */

export interface Shaped {
  readonly shape: readonly number[];
}
/** A constant in row-major order. */
export interface Tensor extends Shaped {
  readonly values: Float32Array;
}
/** Whole numbers, or lists of them: no operation here has others. */
type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** Bytes of a message under construction, in chunks. */
type Bytes = (number[] | Uint8Array)[];

/** A graph under construction. Every function returns the name of the tensor that it adds. */
export interface GraphWriter {
  constant(values: Float32Array, shape: readonly number[]): string;
  /** A one-dimensional int64 constant: shapes, axes, slice bounds. The same list is stored once. */
  integers(values: readonly number[]): string;
  add(op: string, inputs: readonly string[], attributes?: Attributes): string;
  /** The whole model, with one float32 input and output of fixed shapes. */
  finish(input: Shaped & { name: string }, output: Shaped & { name: string }): Uint8Array;
}

const varintType = 0;
const bytesType = 2;
const float32Data = 1;
const int64Data = 7;
const integerAttribute = 2;
const integersAttribute = 7;

/** Protobuf's variable-length form of a whole number; negative ones as 64-bit two's complement. */
function varint(value: number): number[] {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return out;
}

const sizeOf = (bytes: Bytes): number => bytes.reduce((sum, chunk) => sum + chunk.length, 0);
const whole = (field: number, value: number): Bytes => [varint(field * 8 + varintType), varint(value)];
const message = (field: number, body: Bytes): Bytes => [varint(field * 8 + bytesType), varint(sizeOf(body)), ...body];
const raw = (field: number, bytes: Uint8Array): Bytes => message(field, [bytes]);
const text = (field: number, value: string): Bytes => raw(field, new TextEncoder().encode(value));

function attribute(name: string, value: number | readonly number[]): Bytes {
  return typeof value === "number"
    ? [...text(1, name), ...whole(3, value), ...whole(20, integerAttribute)]
    : [...text(1, name), ...value.flatMap((item) => whole(8, item)), ...whole(20, integersAttribute)];
}

function tensor(name: string, type: number, shape: readonly number[], data: Uint8Array): Bytes {
  return [...shape.flatMap((size) => whole(1, size)), ...whole(2, type), ...text(8, name), ...raw(9, data)];
}

/** ValueInfoProto of a float32 tensor of fixed shape. */
function valueInfo({ name, shape }: Shaped & { name: string }): Bytes {
  const dimensions = shape.flatMap((size) => message(1, whole(1, size)));
  return [...text(1, name), ...message(2, message(1, [...whole(1, float32Data), ...message(2, dimensions)]))];
}

function join(bytes: Bytes): Uint8Array {
  const out = new Uint8Array(sizeOf(bytes));
  let at = 0;
  for (const chunk of bytes) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** ModelProto around a GraphProto. */
function model(graph: Bytes): Uint8Array {
  return join([...whole(1, 8), ...text(2, "phaze"), ...message(7, graph), ...message(8, whole(2, 17))]);
}

/** An empty graph. */
export function makeGraphWriter(): GraphWriter {
  const nodes: { inputs: readonly string[]; op: string; output: string; attributes: Attributes }[] = [];
  const constants: Bytes[] = [];
  const known = new Map<string, string>();
  const keep = (type: number, shape: readonly number[], data: Uint8Array): string => {
    const name = `constant_${constants.length}`;
    constants.push(tensor(name, type, shape, data));
    return name;
  };
  const bytesOf = (view: Float32Array | BigInt64Array) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return {
    constant(values, shape) {
      if (shape.reduce((a, b) => a * b, 1) !== values.length)
        throw new Error(`${values.length} values are no ${shape}`);
      return keep(float32Data, shape, bytesOf(values));
    },
    integers(values) {
      const key = values.join();
      const name = known.get(key) ?? keep(int64Data, [values.length], bytesOf(BigInt64Array.from(values, BigInt)));
      known.set(key, name);
      return name;
    },
    add(op, inputs, attributes = {}) {
      const output = `${op}_${nodes.length}`;
      nodes.push({ inputs, op, output, attributes });
      return output;
    },
    finish(input, output) {
      const renamed = nodes.map((node) => (node.output === output.name ? { ...node, output: "output" } : node));
      return model([
        ...renamed.flatMap((node) =>
          message(1, [
            ...node.inputs.flatMap((name) => text(1, name)),
            ...text(2, node.output),
            ...text(3, node.output),
            ...text(4, node.op),
            ...Object.entries(node.attributes).flatMap(([name, value]) => message(5, attribute(name, value))),
          ]),
        ),
        ...text(2, "musicnn"),
        ...constants.flatMap((item) => message(5, item)),
        ...message(11, valueInfo(input)),
        ...message(12, valueInfo({ name: "output", shape: output.shape })),
      ]);
    },
  };
}

/** x[from…to) along one axis. */
export function addSlice(graph: GraphWriter, x: string, axis: number, from: number, to: number): string {
  return graph.add("Slice", [x, graph.integers([from]), graph.integers([to]), graph.integers([axis])]);
}
