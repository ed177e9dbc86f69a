/**
 * What AssemblyScript calls its numbers, for tsc: every portable file refers to this one. asc reads over it.
 * The aliases check nothing: an i32 that overflows or divides differs between the two compilers (rules in math.ts).
 */
declare type f64 = number;
declare type f32 = number;
declare type i32 = number;
declare type u32 = number;
declare type u8 = number;
declare type bool = boolean;
declare type StaticArray<T> = T[];
