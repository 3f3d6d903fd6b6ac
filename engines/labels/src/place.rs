//! Where on its label a symbol and its text stand, and how large they are.
use crate::layout::{Layout, TextPlace};
use crate::sheet::{Label, MM_PER_INCH, Options};
use crate::symbol::{Matrix, Refusal, Symbol};
use crate::{Error, sheet::MODULE_MM_MAX};

/// Width of a Latin character of the fixed-width font, in parts of its size (Courier: 600 of 1000 units).
pub const ADVANCE: f64 = 0.6;
/// From one baseline to the next, in parts of the size.
const LEADING: f64 = 1.2;
/// From the top of a line to its baseline, in parts of the size.
const ASCENT: f64 = 0.85;
/// The largest and the smallest size of text (3.2 mm is about 9 pt; 1.5 mm about 4 pt).
const TEXT_MM_MAX: f64 = 3.2;
const TEXT_MM_MIN: f64 = 1.5;
const TEXT_MM_STEP: f64 = 0.1;
/// Between the symbol's quiet zone and the text.
const TEXT_GAP_MM: f64 = 0.5;
/// Characters looked at in one label's text; what is longer is left out.
const TEXT_CHARS_MAX: usize = 400;

/// One line of text where it stands on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedLine {
    pub text: String,
    pub left_mm: f64,
    pub baseline_mm: f64,
    pub size_mm: f64,
}

/// A label where it stands on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub matrix: Matrix,
    /// Side of one module.
    pub module_mm: f64,
    /// Upper left corner of the first module; the quiet zone lies outside.
    pub left_mm: f64,
    pub top_mm: f64,
    pub lines: Vec<PlacedLine>,
    /// Lines of the label that are not drawn: not drawable in this format, or no room.
    pub lines_left_out: u64,
}

/// What one output can do.
#[derive(Debug, Clone, Copy)]
pub struct Medium {
    /// Modules must be whole multiples of this.
    pub dot_mm: Option<f64>,
    /// Whether only printable ASCII can be drawn.
    pub ascii_only: bool,
}

/// Places one label. `number` counts from 1 for error texts; `position` is its place on the page from 0.
pub fn place(
    symbol: Symbol,
    layout: &Layout,
    options: &Options,
    medium: Medium,
    label: &Label,
    (number, position): (u64, usize),
) -> Result<Placed, Error> {
    let matrix = symbol.encode(&label.payload).map_err(|refusal| match refusal {
        Refusal::Empty => Error::PayloadEmpty { label: number },
        Refusal::Character(byte) => Error::PayloadCharacter { label: number, byte },
        Refusal::TooLong => Error::PayloadTooLong { label: number, bytes: label.payload.len() },
    })?;
    let modules = matrix.side() + 2 * symbol.quiet_modules();
    let dot_mm = medium.dot_mm.or(layout.printer_dpi.map(|dpi| MM_PER_INCH / f64::from(dpi)));
    let wanted_mm = (layout.symbol_mm_max / modules as f64).min(MODULE_MM_MAX);
    let module_mm = match dot_mm {
        Some(dot_mm) => (wanted_mm / dot_mm + 1e-9).floor() * dot_mm,
        None => wanted_mm,
    };
    if module_mm + 1e-9 < options.module_mm_min {
        return Err(Error::ModuleTooSmall {
            label: number,
            modules: matrix.side(),
            module_mm,
            module_mm_min: options.module_mm_min,
            raster: dot_mm.is_some(),
        });
    }
    let side_mm = modules as f64 * module_mm;
    let quiet_mm = symbol.quiet_modules() as f64 * module_mm;
    let (label_left, label_top) = layout.corner(position);
    let inner_width = layout.label_width_mm - 2.0 * layout.padding_mm;
    let inner_height = layout.label_height_mm - 2.0 * layout.padding_mm;
    let (inner_left, inner_top) = (label_left + layout.padding_mm, label_top + layout.padding_mm);
    let (box_left, box_top, text) = match layout.text {
        TextPlace::Right => {
            let left = side_mm + TEXT_GAP_MM;
            let area =
                Area { left: inner_left + left, top: inner_top, width: inner_width - left, height: inner_height };
            (inner_left, inner_top + (inner_height - side_mm) / 2.0, Some(area))
        }
        TextPlace::Below { height_mm } => {
            let top = inner_height - height_mm;
            let area = Area { left: inner_left, top: inner_top + top, width: inner_width, height: height_mm };
            (inner_left + (inner_width - side_mm) / 2.0, inner_top + (top - side_mm) / 2.0, Some(area))
        }
        TextPlace::None => {
            (inner_left + (inner_width - side_mm) / 2.0, inner_top + (inner_height - side_mm) / 2.0, None)
        }
    };
    let (lines, lines_left_out) = match text {
        Some(area) => set_text(label, area, medium.ascii_only),
        None => (Vec::new(), label.lines.len() as u64),
    };
    let (mut left_mm, mut top_mm) = (box_left + quiet_mm, box_top + quiet_mm);
    if let Some(dot_mm) = medium.dot_mm {
        left_mm = (left_mm / dot_mm).round() * dot_mm;
        top_mm = (top_mm / dot_mm).round() * dot_mm;
    }
    Ok(Placed { matrix, module_mm, left_mm, top_mm, lines, lines_left_out })
}

/// Room for text, mm.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Sets as many lines as fit, as large as they fit; the first lines are the ones that matter.
fn set_text(label: &Label, area: Area, ascii_only: bool) -> (Vec<PlacedLine>, u64) {
    let drawable: Vec<&str> = label
        .lines
        .iter()
        .map(String::as_str)
        .filter(|line| !line.trim().is_empty())
        .filter(|line| line.chars().count() <= TEXT_CHARS_MAX)
        .filter(|line| !ascii_only || line.bytes().all(|byte| (0x20..=0x7e).contains(&byte)))
        .collect();
    let mut left_out = (label.lines.len() - drawable.len()) as u64;
    let steps = ((TEXT_MM_MAX - TEXT_MM_MIN) / TEXT_MM_STEP).round() as usize;
    let mut kept = drawable.len();
    while kept > 0 {
        for step in 0..=steps {
            let size_mm = TEXT_MM_MAX - step as f64 * TEXT_MM_STEP;
            let Some(wrapped) = wrap_all(&drawable[..kept], area.width / size_mm) else { continue };
            let height = wrapped.len() as f64 * size_mm * LEADING;
            if height <= area.height {
                let top = area.top + (area.height - height) / 2.0;
                let lines = wrapped
                    .into_iter()
                    .enumerate()
                    .map(|(index, text)| PlacedLine {
                        text,
                        left_mm: area.left,
                        baseline_mm: top + (index as f64 * LEADING + ASCENT) * size_mm,
                        size_mm,
                    })
                    .collect();
                return (lines, left_out);
            }
        }
        kept -= 1;
        left_out += 1;
    }
    (Vec::new(), left_out)
}

/// Breaks lines to a width given in sizes; none where not even one character fits.
fn wrap_all(lines: &[&str], width: f64) -> Option<Vec<String>> {
    if width < 1.0 {
        return None;
    }
    let mut wrapped = Vec::new();
    for line in lines {
        let mut current = String::new();
        let mut used = 0.0;
        for character in line.chars().filter(|character| !character.is_control()) {
            let advance = advance(character);
            if used + advance > width + 1e-9 {
                let rest = match current.rfind(' ') {
                    Some(space) if space > 0 => current.split_off(space).trim_start().to_string(),
                    _ => String::new(),
                };
                wrapped.push(std::mem::replace(&mut current, rest));
                used = current.chars().map(self::advance).sum();
            }
            current.push(character);
            used += advance;
        }
        if !current.trim().is_empty() {
            wrapped.push(current);
        }
    }
    Some(wrapped)
}

/// How wide a character is in sizes: Latin narrow, Chinese and what is like it full.
fn advance(character: char) -> f64 {
    if character < '\u{1100}' { ADVANCE } else { 1.0 }
}
