//! Where labels stand on a page: data. All lengths are millimetres.
use crate::Error;

/// Where the text stands on a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TextPlace {
    /// Right of the symbol, over the whole height.
    Right,
    /// Under the symbol, over the whole width, this high.
    Below {
        /// Height kept for the text.
        height_mm: f64,
    },
    /// Nowhere: the symbol alone.
    None,
}

/// A grid of labels on a page. A roll is a page of one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Name in URLs and commands.
    pub name: &'static str,
    /// Page width.
    pub page_width_mm: f64,
    /// Page height.
    pub page_height_mm: f64,
    /// Labels side by side.
    pub columns: usize,
    /// Labels one under the other.
    pub rows: usize,
    /// Left edge of the first label.
    pub left_mm: f64,
    /// Upper edge of the first label.
    pub top_mm: f64,
    /// From the left edge of one label to that of the next.
    pub pitch_x_mm: f64,
    /// From the upper edge of one label to that of the next.
    pub pitch_y_mm: f64,
    /// Label width.
    pub label_width_mm: f64,
    /// Label height.
    pub label_height_mm: f64,
    /// Kept free inside each label, for printers that are not exact.
    pub padding_mm: f64,
    /// The longest side of the symbol with its quiet zone.
    pub symbol_mm_max: f64,
    /// Where the text stands.
    pub text: TextPlace,
    /// Dots per inch of the printer that this size is made for: modules become whole dots. `None` for office printers.
    pub printer_dpi: Option<u32>,
}

/// The layouts on offer: A4 sheets as they are sold (24, 65, 21, 40 and 14 labels), then rolls for label printers of
/// 203 dots per inch.
pub const LAYOUTS: &[Layout] = &[
    a4("a4-3x8", (3, 8), (0.0, 0.5), (70.0, 37.0), (70.0, 37.0), 2.0, 30.0),
    a4("a4-5x13", (5, 13), (4.75, 10.7), (40.6, 21.2), (38.1, 21.2), 1.0, 19.2),
    a4("a4-3x7", (3, 7), (7.25, 15.15), (66.0, 38.1), (63.5, 38.1), 2.0, 30.0),
    a4("a4-4x10", (4, 10), (8.0, 21.5), (48.5, 25.4), (48.5, 25.4), 1.5, 22.0),
    a4("a4-2x7", (2, 7), (4.65, 15.15), (101.6, 38.1), (99.1, 38.1), 2.0, 32.0),
    roll("roll-40x30", 40.0, 30.0, 20.5, TextPlace::Right),
    roll("roll-50x25", 50.0, 25.0, 22.5, TextPlace::Right),
    roll("roll-60x40", 60.0, 40.0, 34.0, TextPlace::Right),
    roll("roll-30x40", 30.0, 40.0, 27.5, TextPlace::Below { height_mm: 10.0 }),
    roll("roll-25x25", 25.0, 25.0, 23.0, TextPlace::None),
    roll("roll-100x50", 100.0, 50.0, 40.0, TextPlace::Right),
];

const fn a4(
    name: &'static str,
    (columns, rows): (usize, usize),
    (left_mm, top_mm): (f64, f64),
    (pitch_x_mm, pitch_y_mm): (f64, f64),
    (label_width_mm, label_height_mm): (f64, f64),
    padding_mm: f64,
    symbol_mm_max: f64,
) -> Layout {
    Layout {
        name,
        page_width_mm: 210.0,
        page_height_mm: 297.0,
        columns,
        rows,
        left_mm,
        top_mm,
        pitch_x_mm,
        pitch_y_mm,
        label_width_mm,
        label_height_mm,
        padding_mm,
        symbol_mm_max,
        text: TextPlace::Right,
        printer_dpi: None,
    }
}

const fn roll(name: &'static str, width_mm: f64, height_mm: f64, symbol_mm_max: f64, text: TextPlace) -> Layout {
    Layout {
        name,
        page_width_mm: width_mm,
        page_height_mm: height_mm,
        columns: 1,
        rows: 1,
        left_mm: 0.0,
        top_mm: 0.0,
        pitch_x_mm: width_mm,
        pitch_y_mm: height_mm,
        label_width_mm: width_mm,
        label_height_mm: height_mm,
        padding_mm: 1.0,
        symbol_mm_max,
        text,
        printer_dpi: Some(203),
    }
}

/// Sides of a page: nothing larger than A0, nothing a symbol cannot stand on.
const PAGE_MM: std::ops::RangeInclusive<f64> = 10.0..=1189.0;
/// Labels on one page.
const PER_PAGE_MAX: usize = 1_000;
/// What rounding may leave over at the border of a page.
const SLACK_MM: f64 = 0.001;

impl Layout {
    /// The layout of that name.
    pub fn by_name(name: &str) -> Option<&'static Layout> {
        LAYOUTS.iter().find(|layout| layout.name == name)
    }

    /// Labels on a page.
    pub const fn labels_per_page(&self) -> usize {
        self.columns * self.rows
    }

    /// Whether the layout is one label a page.
    pub const fn is_roll(&self) -> bool {
        self.labels_per_page() == 1
    }

    /// Upper left corner of the label at a position (row by row, from 0).
    pub(crate) fn corner(&self, position: usize) -> (f64, f64) {
        let (column, row) = (position % self.columns, position / self.columns);
        (self.left_mm + column as f64 * self.pitch_x_mm, self.top_mm + row as f64 * self.pitch_y_mm)
    }

    /// That the labels stand on the page, do not overlap, and hold what they are to hold.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let lengths = [
            self.page_width_mm,
            self.page_height_mm,
            self.left_mm,
            self.top_mm,
            self.pitch_x_mm,
            self.pitch_y_mm,
            self.label_width_mm,
            self.label_height_mm,
            self.padding_mm,
            self.symbol_mm_max,
        ];
        if lengths.iter().any(|length| !length.is_finite() || *length < 0.0) {
            return Err(Error::Layout("a length is negative or no number"));
        }
        if !PAGE_MM.contains(&self.page_width_mm) || !PAGE_MM.contains(&self.page_height_mm) {
            return Err(Error::Layout("a page is 10 to 1189 mm wide and high"));
        }
        if self.columns == 0 || self.rows == 0 || self.columns.saturating_mul(self.rows) > PER_PAGE_MAX {
            return Err(Error::Layout("a page holds 1 to 1000 labels"));
        }
        if self.pitch_x_mm + SLACK_MM < self.label_width_mm || self.pitch_y_mm + SLACK_MM < self.label_height_mm {
            return Err(Error::Layout("labels overlap: the pitch is smaller than the label"));
        }
        let (left, top) = self.corner(self.labels_per_page() - 1);
        if left + self.label_width_mm > self.page_width_mm + SLACK_MM
            || top + self.label_height_mm > self.page_height_mm + SLACK_MM
        {
            return Err(Error::Layout("the last label stands beyond the page"));
        }
        let text_height = match self.text {
            TextPlace::Below { height_mm } => height_mm,
            TextPlace::Right | TextPlace::None => 0.0,
        };
        if !text_height.is_finite()
            || text_height < 0.0
            || self.symbol_mm_max <= 0.0
            || self.symbol_mm_max + 2.0 * self.padding_mm > self.label_width_mm + SLACK_MM
            || self.symbol_mm_max + text_height + 2.0 * self.padding_mm > self.label_height_mm + SLACK_MM
        {
            return Err(Error::Layout("the symbol does not fit on the label"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_on_offer_holds_together_and_has_its_own_name() {
        for (index, layout) in LAYOUTS.iter().enumerate() {
            layout.check().unwrap_or_else(|error| panic!("{}: {error}", layout.name));
            assert!(LAYOUTS[..index].iter().all(|other| other.name != layout.name));
        }
    }

    #[test]
    fn a_grid_that_leaves_the_page_is_refused() {
        let mut layout = Layout::by_name("a4-3x8").unwrap().clone();
        layout.rows = 9;
        assert!(matches!(layout.check(), Err(Error::Layout(_))));
        let mut layout = Layout::by_name("a4-3x8").unwrap().clone();
        layout.pitch_x_mm = 60.0;
        assert!(matches!(layout.check(), Err(Error::Layout(_))));
        let mut layout = Layout::by_name("roll-30x40").unwrap().clone();
        layout.text = TextPlace::Below { height_mm: 20.0 };
        assert!(matches!(layout.check(), Err(Error::Layout(_))));
        let mut layout = Layout::by_name("roll-30x40").unwrap().clone();
        layout.label_width_mm = f64::NAN;
        assert!(matches!(layout.check(), Err(Error::Layout(_))));
    }
}
