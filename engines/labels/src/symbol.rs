//! A payload as dark and light modules.
use datamatrix::{DataMatrix, SymbolList};
use fast_qr::{ECL, QRBuilder};

/// GS, the separator of element strings in a decoded GS1 symbol (GS1 General Specifications, 7.8).
const GS: u8 = 0x1d;

/// Which symbol carries the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A QR code with a GS1 Digital Link URI (any text is carried as it stands). Error correction M, which survives
    /// about 15 % of the symbol being damaged.
    Qr,
    /// A GS1 DataMatrix (ECC 200, FNC1 in the first place) with an element string. The payload is raw: FNC1 or GS
    /// between elements as GS (0x1D) or `^`; a leading `]d2`, GS or `^` is understood and not repeated.
    GsDataMatrix,
}

impl Symbol {
    /// The light margin on every side, in modules: 4 for QR (ISO/IEC 18004, 9.1), 1 for Data Matrix (ISO/IEC 16022,
    /// 7.4). Phones read a Data Matrix more surely with 2, so 2 is what is kept.
    pub const fn quiet_modules(self) -> usize {
        match self {
            Symbol::Qr => 4,
            Symbol::GsDataMatrix => 2,
        }
    }

    /// The name in URLs and commands: `qr`, `datamatrix`.
    pub const fn name(self) -> &'static str {
        match self {
            Symbol::Qr => "qr",
            Symbol::GsDataMatrix => "datamatrix",
        }
    }

    /// The symbol of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        [Symbol::Qr, Symbol::GsDataMatrix].into_iter().find(|symbol| symbol.name() == name)
    }

    /// Encodes a payload. The error knows no label yet.
    pub(crate) fn encode(self, payload: &str) -> Result<Matrix, Refusal> {
        match self {
            Symbol::Qr if payload.is_empty() => Err(Refusal::Empty),
            Symbol::Qr => {
                let code = QRBuilder::new(payload).ecl(ECL::M).build().map_err(|_| Refusal::TooLong)?;
                let side = code.size;
                Ok(Matrix { side, dark: code.data[..side * side].iter().map(|module| module.value()).collect() })
            }
            Symbol::GsDataMatrix => {
                let data = element_bytes(payload)?;
                let code = DataMatrix::encode_gs1(&data, SymbolList::default().enforce_square())
                    .map_err(|_| Refusal::TooLong)?;
                let bitmap = code.bitmap();
                let side = bitmap.width();
                let mut dark = vec![false; side * side];
                for (x, y) in bitmap.pixels() {
                    dark[y * side + x] = true;
                }
                Ok(Matrix { side, dark })
            }
        }
    }
}

/// Why a payload has no symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Empty,
    Character(usize),
    TooLong,
}

/// The element string as the encoder takes it: without its leading mark, separators as GS, ASCII only.
fn element_bytes(payload: &str) -> Result<Vec<u8>, Refusal> {
    let unmarked = payload.strip_prefix("]d2").unwrap_or(payload);
    let unmarked = unmarked.strip_prefix(['\u{1d}', '^']).unwrap_or(unmarked);
    if unmarked.is_empty() {
        return Err(Refusal::Empty);
    }
    let skipped = payload.len() - unmarked.len();
    let mut data = Vec::with_capacity(unmarked.len());
    for (at, byte) in unmarked.bytes().enumerate() {
        match byte {
            b'^' | GS => data.push(GS),
            0x20..=0x7e => data.push(byte),
            _ => return Err(Refusal::Character(skipped + at)),
        }
    }
    Ok(data)
}

/// A square of modules without its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    side: usize,
    dark: Vec<bool>,
}

impl Matrix {
    /// Modules along a side.
    pub const fn side(&self) -> usize {
        self.side
    }

    /// Whether a module is dark; outside the symbol it is light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.side && y < self.side && self.dark[y * self.side + x]
    }

    /// Runs of dark modules, row by row: (x, y, length). A page is drawn from these.
    pub fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        (0..self.side).flat_map(move |y| {
            let row = &self.dark[y * self.side..(y + 1) * self.side];
            let mut x = 0;
            std::iter::from_fn(move || {
                let start = x + row[x..].iter().position(|dark| *dark)?;
                let length = row[start..].iter().take_while(|dark| **dark).count();
                x = start + length;
                Some((start, y, length))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_exactly_the_dark_modules() {
        let matrix = Symbol::Qr.encode("https://id.example.cn/01/06901234567892/21/ABC").unwrap();
        let mut drawn = vec![false; matrix.side() * matrix.side()];
        for (x, y, length) in matrix.runs() {
            for step in 0..length {
                assert!(!std::mem::replace(&mut drawn[y * matrix.side() + x + step], true));
            }
        }
        assert_eq!(drawn, matrix.dark);
    }

    #[test]
    fn the_leading_mark_is_not_repeated_and_strange_characters_have_a_place() {
        let plain = Symbol::GsDataMatrix.encode("010690123456789221ABC\u{1d}10L1").unwrap();
        for same in
            ["]d2010690123456789221ABC\u{1d}10L1", "^010690123456789221ABC^10L1", "\u{1d}010690123456789221ABC^10L1"]
        {
            assert_eq!(Symbol::GsDataMatrix.encode(same).unwrap(), plain);
        }
        assert_eq!(Symbol::GsDataMatrix.encode("]d210批号"), Err(Refusal::Character(5)));
        assert_eq!(Symbol::GsDataMatrix.encode("]d2"), Err(Refusal::Empty));
        assert_eq!(Symbol::Qr.encode(""), Err(Refusal::Empty));
        assert_eq!(Symbol::GsDataMatrix.encode(&"A1b".repeat(1000)), Err(Refusal::TooLong));
        assert_eq!(Symbol::Qr.encode(&"x".repeat(3000)), Err(Refusal::TooLong));
    }
}
