/**
 * The numbers behind math.ts and vector.ts. Both read them here, since equal bits start with equal coefficients.
 *
 * LOG_*, SIN_*, COS_*: fdlibm (e_log.c, k_sin.c, k_cos.c; Sun Microsystems, freely distributable). EXP_*, SINPI_*, POW_*: our own Remez fits
 * in 300-bit arithmetic. Split constants (Cody-Waite): the first parts have 33 bits, so that a multiple below 2^20 is exact.
 */
/// <reference path="./ambient.d.ts" preserve="true" />

/** Adding and subtracting it rounds |x| < 2^51 to the nearest integer, ties to even. */
export const ROUND: f64 = 6755399441055744.0;
/** The smallest normal double, 2^-1022. */
export const NORMAL: f64 = 2.2250738585072014e-308;

export const LOG2E: f64 = 1.4426950408889634;
export const LN2_HIGH: f64 = 0.6931471803691238;
export const LN2_LOW: f64 = 1.9082149292705877e-10;

/** (e^r - 1 - r - r^2/2) / r^3 on |r| <= ln(2)/2, weighted for an error below 2^-61 r. */
export const EXP_0: f64 = 0.16666666666666677;
export const EXP_1: f64 = 0.04166666666666669;
export const EXP_2: f64 = 0.008333333333321659;
export const EXP_3: f64 = 0.0013888888888870159;
export const EXP_4: f64 = 0.00019841269886094264;
export const EXP_5: f64 = 2.480158735609485e-05;
export const EXP_6: f64 = 2.7557244214809607e-06;
export const EXP_7: f64 = 2.75572455854384e-07;
export const EXP_8: f64 = 2.510904228215237e-08;
export const EXP_9: f64 = 2.0923759557543755e-09;

/** sqrt(1/2) rounded as its bits 0x3fe6a09e667f3bcd: mantissas lie in [HALF_ROOT, 2 HALF_ROOT). */
export const HALF_ROOT: f64 = 0.7071067811865476;
/** ln((1 + s) / (1 - s)) = 2s + s z (LOG_1 + LOG_2 z + ...), z = s^2, |s| <= 0.1716, to 2^-58. */
export const LOG_1: f64 = 6.666666666666735130e-01;
export const LOG_2: f64 = 3.999999999940941908e-01;
export const LOG_3: f64 = 2.857142874366239149e-01;
export const LOG_4: f64 = 2.222219843214978396e-01;
export const LOG_5: f64 = 1.818357216161805012e-01;
export const LOG_6: f64 = 1.531383769920937332e-01;
export const LOG_7: f64 = 1.479819860511658591e-01;

/** sin and cos are accurate to 1 ulp up to here, 2^20. */
export const TRIG_LIMIT: f64 = 1048576.0;
/** Where x - n pi/2 is smaller than this share of x, two parts of pi/2 no longer do. */
export const CANCELLED: f64 = 9.5367431640625e-07;
export const TWO_OVER_PI: f64 = 0.6366197723675814;
export const PIO2_1: f64 = 1.5707963267341256;
export const PIO2_1_TAIL: f64 = 6.077100506506192e-11;
export const SIN_1: f64 = -1.66666666666666324348e-01;
export const SIN_2: f64 = 8.33333333332248946124e-03;
export const SIN_3: f64 = -1.98412698298579493134e-04;
export const SIN_4: f64 = 2.75573137070700676789e-06;
export const SIN_5: f64 = -2.50507602534068634195e-08;
export const SIN_6: f64 = 1.58969099521155010221e-10;
export const COS_1: f64 = 4.16666666666666019037e-02;
export const COS_2: f64 = -1.38888888888741095749e-03;
export const COS_3: f64 = 2.48015872894767294178e-05;
export const COS_4: f64 = -2.75573143513906633035e-07;
export const COS_5: f64 = 2.08757232129817482790e-09;
export const COS_6: f64 = -1.13596475577881948265e-11;

/** sinpi reads |x| below this as it is, 2^51. */
export const SINPI_LIMIT: f64 = 2251799813685248.0;
/** sin(pi r) / r = 2 - v + v^2 (SINPI_0 + SINPI_1 v + ...), v = (2r)^2 - 1, |r| <= 1/2, to 2^-61: around 1/2, where nothing may be lost. */
export const SINPI_0: f64 = 0.13314972493191582;
export const SINPI_1: f64 = -0.008149724931902117;
export const SINPI_2: f64 = 0.00028655561138965654;
export const SINPI_3: f64 = -6.542046568846526e-06;
export const SINPI_4: f64 = 1.0481329135286817e-07;
export const SINPI_5: f64 = -1.2430002700957217e-09;
export const SINPI_6: f64 = 1.1725187666858387e-11;
