/** Small races, one a strategy and one of all: the winner's hash and its loss must be the same in every runtime. */
export const races = [['soft'], ['genetic'], ['kmeans'], ['svd'], ['soft', 'genetic', 'kmeans', 'svd']];

const words = 'the whale and the sea a ship of men that had sailed in the night was seen by all who were there with their captain'.split(' ');
/** 4,000 bytes of words in an order that only integers decide. */
export const corpus = new TextEncoder().encode(Array.from({ length: 1200 }, (_, i) => words[(Math.imul(i * i + 7, 2654435761) >>> 8) % words.length] + (i % 11 === 10 ? '.\n' : ' ')).join('').slice(0, 4000));

/** What such a race gives, with `searchPrograms` and `kernelHash` of nadir/programs. */
export async function raced(searchPrograms, kernelHash, strategies, backend) {
  const { winner, loss, cost } = await searchPrograms({ corpus, cost: 120, seed: 1, workers: 0, bits: 14, strategies, backend });
  return { winner: kernelHash(winner), loss, cost };
}
