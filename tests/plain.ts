/** Set-up of project `plain`: the whole portable suite must pass where WebAssembly does not exist. */
delete (globalThis as { WebAssembly?: unknown }).WebAssembly;
