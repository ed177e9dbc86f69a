/** What a worker does to an opfs store, for opfs.test.ts: a module that threads load. */
import { opfs } from '../../src/stores/opfs.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Takes part in the making of `rounds` claims, appends to a file of its own and moves a folder of drafts; gives the claims it made. */
export async function work(folder: string, name: string, rounds: number): Promise<number[]> {
  const store = await opfs(folder);
  const made: number[] = [];
  for (let i = 0; i < rounds; i++) {
    if (await store.create(`claims/demo/${i}`, bytes(name))) made.push(i);
    await store.append(`journal/${name}.jsonl`, bytes(`${name} ${i}\n`));
  }
  await store.draft(`aside/${name}/a`, bytes('tail'), 4);
  await store.draft(`aside/${name}/a`, bytes('head'));
  await store.draft(`aside/${name}/deep/b`, bytes('12345'), 2);
  await store.draft(`aside/${name}/deep/b`, bytes('3'), 4);
  await store.put(`runs/${name}/old`, bytes('old'));
  await store.move(`aside/${name}/`, `runs/${name}/`);
  return made;
}
