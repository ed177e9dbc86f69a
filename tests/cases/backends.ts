/** The backends of this runtime: the plain twin alone where WebAssembly has been deleted. */
export const backends: readonly ('simd' | 'reference')[] = typeof WebAssembly === 'object' ? ['simd', 'reference'] : ['reference'];
