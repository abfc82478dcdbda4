// Numbers as shades: viridis, whose lightness grows evenly.

const SHADES = 256;
const VIRIDIS = [
  // a polynomial in t per channel, highest power first (M. Zucker's fit)
  [
    -5.435455855934631, 4.776384997670288, 6.228269936347081, -4.634230498983486, -0.3308618287255563,
    0.1050930431085774, 0.2777273272234177,
  ],
  [
    4.645852612178535, -13.74514537774601, 14.17993336680509, -5.799100973351585, 0.214847559468213, 1.404613529898575,
    0.005407344544966578,
  ],
  [
    26.3124352495832, -65.35303263337234, 56.69055260068105, -19.33244095627987, 0.09509516302823659, 1.384590162594685,
    0.3340998053353061,
  ],
];

/**
 * Red, green and blue (0 … 255) of t in [0, 1] in viridis.
 *
 * @param {number} t
 */
export function viridis(t) {
  return VIRIDIS.map((powers) =>
    Math.round(
      255 *
        Math.min(
          1,
          Math.max(
            0,
            powers.reduce((sum, each) => sum * t + each, 0),
          ),
        ),
    ),
  );
}

const PALETTE = Array.from({ length: SHADES }, (_, k) => viridis(k / (SHADES - 1)));

/**
 * The shade of an eigenvalue in the fixed exponents [low, high].
 *
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function shade(value, low, high) {
  const t = value > 0 ? (Math.log10(value) - low) / (high - low) : 0;
  return PALETTE[Math.round((SHADES - 1) * Math.min(1, Math.max(0, t)))];
}
