//! Documents: one-page PDFs with Chinese text, without an embedded font (readers substitute `STSong-Light`).

use std::fmt::Write;

/// A certificate-like page: a title and labelled lines.
pub fn page(title: &str, lines: &[(&str, &str)]) -> Vec<u8> {
    let mut content = String::new();
    let mut text = |size: u32, x: u32, y: u32, words: &str| {
        let _ = writeln!(content, "BT /F1 {size} Tf {x} {y} Td <{}> Tj ET", utf16_hex(words));
    };
    text(26, 180, 720, title);
    for (place, (label, value)) in lines.iter().enumerate() {
        let y = 650 - 34 * place as u32;
        text(14, 90, y, label);
        text(14, 220, y, value);
    }
    content.push_str("0.8 0.1 0.1 RG 3 w 60 60 475 722 re S 1 w 68 68 459 706 re S\n");
    assemble(&content)
}

fn utf16_hex(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut hex, unit| {
        let _ = write!(hex, "{unit:04X}");
        hex
    })
}

fn assemble(content: &str) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}endstream", content.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [6 0 R] >>".to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 7 0 R /DW 1000 >>".to_owned(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.5\n");
    let mut offsets = Vec::new();
    for (place, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", place + 1);
    }
    let start = file.len();
    let _ = write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        let _ = writeln!(file, "{offset:010} 00000 n ");
    }
    let _ = write!(file, "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_pdf_whose_table_points_at_its_objects() {
        let file = String::from_utf8(page("营业执照", &[("名称", "甲公司")])).unwrap();
        assert!(file.starts_with("%PDF-1.5"));
        let offset: usize = file.lines().find(|line| line.ends_with(" 00000 n ")).unwrap()[..10].parse().unwrap();
        assert!(file[offset..].starts_with("1 0 obj"));
        assert!(file.contains("8425"), "营 in UTF-16");
    }
}
