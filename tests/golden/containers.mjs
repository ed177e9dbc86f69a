/** Containers that every runtime must write bit for bit and read back, now and ever after: each built-in kernel with text, and what is stored. Runs in every runtime. */
const encoder = new TextEncoder();
const verse = 'Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse, and nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world.\n';
const records = Array.from({ length: 30 }, (_, i) => `{"id": ${i * 7919}, "name": "row ${i}", "odd": ${i % 2 === 1}}\n`).join('');
let x = 1;
const noise = Uint8Array.from({ length: 200 }, () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) >>> 24);

/** What goes in, by name. */
export const samples = { text: encoder.encode(verse.repeat(2) + records + verse.toUpperCase()), noise, nothing: new Uint8Array(0) };

/** Kernel and sample of every golden container. */
export const cases = (builtIns) => [...builtIns.map(({ name }) => ({ kernel: name, sample: 'text' })), { kernel: 'order2', sample: 'noise' }, { kernel: 'order2', sample: 'nothing' }];
