//! The PDQ perceptual hash.
//!
//! After "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm" (Facebook, 2019): luminance,
//! two passes of a Jarosz (repeated box) filter, 64 × 64 samples, the 16 × 16 lowest non-constant coefficients
//! of a two-dimensional DCT, each compared with their median. The quality metric is the sum of the
//! gradients of the 64 × 64 samples, quantised, from 0 (nothing to recognise) to 100.
use crate::decode::Picture;
use crate::hash::Hash;

/// Side of the sampled picture.
const SAMPLES: usize = 64;
/// Side of the block of coefficients.
const COEFFICIENTS: usize = 16;
/// Longest side that is filtered as it is.
const REDUCED_PX: usize = 512;
/// Passes of the box filter in each direction.
const FILTER_PASSES: usize = 2;
/// A picture with a shorter side is not hashed: the paper's method has nothing to work on.
pub const SIDE_PX_MIN: u32 = 5;

/// A picture's hash and how much there was to recognise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// The 256-bit hash.
    pub hash: Hash,
    /// 0 (flat picture, do not compare) to 100.
    pub quality: u8,
}

type Coefficients = [[f32; COEFFICIENTS]; COEFFICIENTS];
type Samples = [[f32; SAMPLES]; SAMPLES];

/// The hash of a picture as it stands in the file (EXIF rotation ignored, transparency ignored, as the
/// reference does). A picture with a side below [`SIDE_PX_MIN`] gives the zero hash with quality 0.
pub fn fingerprint(picture: &Picture) -> Fingerprint {
    reduced(picture).map_or(NOTHING, |(luma, width, height)| hashed(luma, width, height))
}

/// The hashes of the picture in its eight positions: as it is, turned by 90°, 180° and 270° (counter-clockwise),
/// mirrored left–right, top–bottom, along the main and along the other diagonal. The first is [`fingerprint`]'s.
///
/// The paper derives the other seven from the coefficients of the first. That supposes sampling symmetric about the middle,
/// which the filter's even windows are not: on fine structure it errs by some thirty bits. Here the pixels are turned.
pub fn dihedral(picture: &Picture) -> [Fingerprint; 8] {
    let Some((luma, width, height)) = reduced(picture) else {
        return [NOTHING; 8];
    };
    // Transposed first, then rows turned over, then columns.
    const POSITIONS: [(bool, bool, bool); 8] = [
        (false, false, false),
        (true, true, false),
        (false, true, true),
        (true, false, true),
        (false, false, true),
        (false, true, false),
        (true, false, false),
        (true, true, true),
    ];
    POSITIONS.map(|(transpose, flip_rows, flip_columns)| {
        let (wide, high) = if transpose { (height, width) } else { (width, height) };
        let mut turned = Vec::with_capacity(luma.len());
        for row in 0..high {
            let y = if flip_rows { high - 1 - row } else { row };
            for column in 0..wide {
                let x = if flip_columns { wide - 1 - column } else { column };
                turned.push(if transpose { luma[x * width + y] } else { luma[y * width + x] });
            }
        }
        hashed(turned, wide, high)
    })
}

/// What a picture too small to be hashed gets.
const NOTHING: Fingerprint = Fingerprint { hash: Hash::from_words([0; 4]), quality: 0 };

fn hashed(mut luma: Vec<f32>, width: usize, height: usize) -> Fingerprint {
    smooth(&mut luma, width, height);
    let samples = sample(&luma, width, height);
    Fingerprint { hash: threshold(&transform(&samples)), quality: quality(&samples) }
}

/// The luminance, at most [`REDUCED_PX`] to a side. The reference program takes the nearest pixel when it reduces, side by
/// side, so the proportions may change; hashes of large pictures agree with it only if this does too.
fn reduced(picture: &Picture) -> Option<(Vec<f32>, usize, usize)> {
    if picture.width() < SIDE_PX_MIN || picture.height() < SIDE_PX_MIN {
        return None;
    }
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if width <= REDUCED_PX && height <= REDUCED_PX {
        return Some((picture.luminance(), width, height));
    }
    let (wide, high) = (width.min(REDUCED_PX), height.min(REDUCED_PX));
    let mut luma = Vec::with_capacity(wide * high);
    for row in 0..high {
        for column in 0..wide {
            luma.push(picture.luminance_at(column * width / wide, row * height / high));
        }
    }
    Some((luma, wide, high))
}

/// Box windows sized so that after two passes each sample stands for its cell of the 64 × 64 grid.
fn smooth(luma: &mut [f32], width: usize, height: usize) {
    let window_across = width.div_ceil(2 * SAMPLES);
    let window_down = height.div_ceil(2 * SAMPLES);
    let mut scratch = vec![0.0_f32; width.max(height)];
    for _ in 0..FILTER_PASSES {
        for row in luma.chunks_exact_mut(width) {
            let line = &mut scratch[..width];
            line.copy_from_slice(row);
            box_filter(line, window_across, |index, mean| row[index] = mean);
        }
        smooth_columns(luma, width, height, window_down);
    }
}

/// Columns are filtered in strips, so that a cache line read once serves several columns.
fn smooth_columns(luma: &mut [f32], width: usize, height: usize, window: usize) {
    const STRIP: usize = 16;
    let mut columns = vec![0.0_f32; STRIP * height];
    for start in (0..width).step_by(STRIP) {
        let wide = STRIP.min(width - start);
        for row in 0..height {
            for offset in 0..wide {
                columns[offset * height + row] = luma[row * width + start + offset];
            }
        }
        for offset in 0..wide {
            let column = &columns[offset * height..(offset + 1) * height];
            box_filter(column, window, |row, mean| luma[row * width + start + offset] = mean);
        }
    }
}

/// Running means over a centred window, cut off at the ends. For an even window the extra element is
/// on the right, as in the published method.
fn box_filter(line: &[f32], window: usize, mut put: impl FnMut(usize, f32)) {
    let ahead = window / 2;
    let behind = window - 1 - ahead;
    let mut sum: f32 = line.iter().take(ahead).sum();
    let mut count = ahead.min(line.len());
    for index in 0..line.len() {
        if let Some(entering) = line.get(index + ahead) {
            sum += entering;
            count += 1;
        }
        if index > behind {
            sum -= line[index - behind - 1];
            count -= 1;
        }
        put(index, sum / count as f32);
    }
}

fn sample(luma: &[f32], width: usize, height: usize) -> Samples {
    let place = |index: usize, length: usize| ((2 * index + 1) * length) / (2 * SAMPLES);
    let mut samples = [[0.0; SAMPLES]; SAMPLES];
    for (row, line) in samples.iter_mut().enumerate() {
        for (column, value) in line.iter_mut().enumerate() {
            *value = luma[place(row, height) * width + place(column, width)];
        }
    }
    samples
}

/// Gradients in whole percent of the grey range are summed and divided by 90, at most 100.
fn quality(samples: &Samples) -> u8 {
    let percent = |a: f32, b: f32| (((a - b) * 100.0) / 255.0).trunc().abs() as u32;
    let mut sum = 0;
    for row in 0..SAMPLES {
        for column in 0..SAMPLES {
            if row + 1 < SAMPLES {
                sum += percent(samples[row][column], samples[row + 1][column]);
            }
            if column + 1 < SAMPLES {
                sum += percent(samples[row][column], samples[row][column + 1]);
            }
        }
    }
    (sum / 90).min(100) as u8
}

/// `D · samples · Dᵀ` where row `i` of `D` is the cosine of order `i + 1`.
fn transform(samples: &Samples) -> Coefficients {
    let mut cosines = [[0.0_f32; SAMPLES]; COEFFICIENTS];
    let scale = (2.0 / SAMPLES as f64).sqrt();
    for (order, line) in cosines.iter_mut().enumerate() {
        for (place, value) in line.iter_mut().enumerate() {
            let angle = std::f64::consts::PI / (2.0 * SAMPLES as f64) * ((order + 1) * (2 * place + 1)) as f64;
            *value = (scale * angle.cos()) as f32;
        }
    }
    let mut half = [[0.0_f32; SAMPLES]; COEFFICIENTS];
    for (order, line) in half.iter_mut().enumerate() {
        for (column, value) in line.iter_mut().enumerate() {
            *value = (0..SAMPLES).map(|row| cosines[order][row] * samples[row][column]).sum();
        }
    }
    let mut block = [[0.0_f32; COEFFICIENTS]; COEFFICIENTS];
    for (row, line) in block.iter_mut().enumerate() {
        for (column, value) in line.iter_mut().enumerate() {
            *value = (0..SAMPLES).map(|place| half[row][place] * cosines[column][place]).sum();
        }
    }
    block
}

fn threshold(block: &Coefficients) -> Hash {
    let mut sorted: Vec<f32> = block.iter().flatten().copied().collect();
    sorted.sort_by(f32::total_cmp);
    let median = sorted[sorted.len() / 2 - 1];
    let mut words = [0_u64; 4];
    for (index, value) in block.iter().flatten().enumerate() {
        if *value > median {
            words[index / 64] |= 1 << (index % 64);
        }
    }
    Hash::from_words(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A soft picture with structure in all directions, from a few waves.
    fn waves(width: u32, height: u32, seed: u32) -> Picture {
        Picture::from_luma(width, height, |x, y| {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            let s = seed as f32;
            let value =
                (u * (7.0 + s)).sin() * (v * 11.0 + s).cos() + (u * v * 23.0 + s).sin() + (v * (17.0 - s)).sin();
            (127.5 + 42.0 * value) as u8
        })
    }

    #[test]
    fn a_flat_picture_has_quality_zero() {
        assert_eq!(fingerprint(&Picture::from_luma(200, 100, |_, _| 90)).quality, 0);
    }

    #[test]
    fn a_picture_of_a_few_pixels_is_not_hashed() {
        let tiny = Picture::from_luma(4, 900, |x, y| (x * 50 + y) as u8);
        assert_eq!(fingerprint(&tiny), Fingerprint { hash: Hash::default(), quality: 0 });
        assert_eq!(dihedral(&tiny)[7].quality, 0);
    }

    #[test]
    fn different_pictures_are_far_apart() {
        let (a, b) = (fingerprint(&waves(300, 200, 1)), fingerprint(&waves(300, 200, 5)));
        assert!(a.hash.distance(b.hash) > 60, "distance {}", a.hash.distance(b.hash));
    }

    #[test]
    fn a_resized_picture_is_near() {
        let (a, b) = (fingerprint(&waves(900, 600, 2)), fingerprint(&waves(300, 200, 2)));
        assert!(a.hash.distance(b.hash) <= 10, "distance {}", a.hash.distance(b.hash));
    }

    #[test]
    fn the_eight_positions_are_those_of_the_turned_picture() {
        let (wide, high) = (384, 384);
        // Blocks of mixed greys have strong coefficients of every order.
        let base = Picture::from_luma(wide, high, |x, y| {
            let mixed = (x / 24 + 1).wrapping_mul(2_654_435_761) ^ (y / 24 + 7).wrapping_mul(2_246_822_519);
            (mixed.wrapping_mul(3_266_489_917) >> 24) as u8
        });
        let grey = base.luminance();
        let read = |x: u32, y: u32| grey[(y * wide + x) as usize].round() as u8;
        let last = wide - 1;
        let turned: [Picture; 8] = [
            Picture::from_luma(wide, high, read),
            Picture::from_luma(wide, high, |x, y| read(last - y, x)),
            Picture::from_luma(wide, high, |x, y| read(last - x, last - y)),
            Picture::from_luma(wide, high, |x, y| read(y, last - x)),
            Picture::from_luma(wide, high, |x, y| read(last - x, y)),
            Picture::from_luma(wide, high, |x, y| read(x, last - y)),
            Picture::from_luma(wide, high, |x, y| read(y, x)),
            Picture::from_luma(wide, high, |x, y| read(last - y, last - x)),
        ];
        for (index, (variant, picture)) in dihedral(&base).iter().zip(&turned).enumerate() {
            let distance = variant.hash.distance(fingerprint(picture).hash);
            assert!(distance <= 2, "position {index} is at distance {distance}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_size_is_hashed_and_brightness_hardly_matters(width in 5_u32..200, height in 5_u32..200, seed in 0_u32..6) {
            let picture = waves(width, height, seed);
            let grey = picture.luminance();
            let darker = Picture::from_luma(width, height, |x, y| (grey[(y * width + x) as usize] * 0.8) as u8);
            let (a, b) = (fingerprint(&picture), fingerprint(&darker));
            prop_assert!(a.quality <= 100);
            prop_assert!(a.hash.distance(b.hash) <= 40, "distance {}", a.hash.distance(b.hash));
        }
    }
}
