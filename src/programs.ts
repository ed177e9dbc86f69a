/**
 * nadir/programs: kernels of 64 instructions and 1024 doubles, the codec they drive, and the search for them. Web-standard, as the package root is.
 * @module
 */
export { compress, compressStream, decompress, decompressStream } from './studies/compress.ts';
export type { CompressOptions, CompressStreamOptions, DecompressOptions } from './studies/compress.ts';
export { score } from './studies/scoring.ts';
export type { Score, ScoreOptions } from './studies/scoring.ts';
export { assemble, disassemble } from './problems/program/assembler.ts';
export { kernelHash, kernelJson, readKernel, writeKernel } from './problems/program/file.ts';
export { builtIn, builtIns } from './problems/kernels/index.ts';
export type { BuiltIn } from './problems/kernels/index.ts';
export { searchPrograms } from './studies/programs.ts';
export type { ProgramSearch, SearchOptions, SearchProgress } from './studies/programs.ts';
export { strategies, strategy } from './strategies/index.ts';
export type { StrategyContext, StrategyDef } from './strategies/index.ts';
export type { Kernel } from './spaces/program.ts';
