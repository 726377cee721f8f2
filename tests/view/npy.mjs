// Arrays as numpy writes them.
import assert from 'node:assert/strict';

/** Shape and values of a `.npy` file of f32 in order of rows. */
export function array(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 10 + view.getUint16(8, true);
  const head = Buffer.from(bytes.subarray(10, start)).toString('latin1');
  assert.match(head, /'descr': '<f4', 'fortran_order': False/);
  const shape = head.match(/'shape': \(([^)]*)\)/)[1].split(',').filter((size) => size.trim()).map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length: count }, (_, i) => view.getFloat32(start + 4 * i, true));
  return { shape, values };
}

/** The index of the largest value. */
export const largest = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
