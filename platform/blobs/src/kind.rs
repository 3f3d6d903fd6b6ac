/// What a file is, told from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// JPEG picture.
    Jpeg,
    /// PNG picture.
    Png,
    /// WebP picture.
    Webp,
    /// GIF picture.
    Gif,
    /// BMP picture.
    Bmp,
    /// PDF document.
    Pdf,
    /// MP4 video.
    Mp4,
    /// gzip-compressed data.
    Gzip,
    /// Anything that is valid text in some encoding: CSV, NDJSON. Never guessed; see [`Kind::of_text`].
    Text,
}

impl Kind {
    /// The kinds of pictures.
    pub const PICTURES: [Kind; 5] = [Kind::Jpeg, Kind::Png, Kind::Webp, Kind::Gif, Kind::Bmp];
    /// The kinds a document (certificate, report) may have.
    pub const DOCUMENTS: [Kind; 4] = [Kind::Pdf, Kind::Jpeg, Kind::Png, Kind::Webp];
    /// The kinds a bulk import may have.
    pub const TABLES: [Kind; 2] = [Kind::Gzip, Kind::Text];

    /// The kind by content; `None` for everything that is not known, executables included.
    pub fn of(content: &[u8]) -> Option<Kind> {
        let starts = |magic: &[u8]| content.starts_with(magic);
        let at = |offset: usize, magic: &[u8]| content.get(offset..offset + magic.len()) == Some(magic);
        if starts(&[0xFF, 0xD8, 0xFF]) {
            Some(Kind::Jpeg)
        } else if starts(b"\x89PNG\r\n\x1a\n") {
            Some(Kind::Png)
        } else if starts(b"RIFF") && at(8, b"WEBP") {
            Some(Kind::Webp)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Some(Kind::Gif)
        } else if starts(b"BM") && content.len() > 26 {
            Some(Kind::Bmp)
        } else if starts(b"%PDF-") {
            Some(Kind::Pdf)
        } else if at(4, b"ftyp") {
            Some(Kind::Mp4)
        } else if starts(&[0x1F, 0x8B, 0x08]) {
            Some(Kind::Gzip)
        } else {
            Kind::of_text(content)
        }
    }

    /// [`Kind::Text`] when the first 4,096 bytes hold no control byte that text does not use, or begin as UTF-16 does.
    pub fn of_text(content: &[u8]) -> Option<Kind> {
        let head = &content[..content.len().min(4096)];
        // Spreadsheets save "Unicode text" as UTF-16 with a byte order mark: its control bytes are halves of letters.
        if head.len() >= 4
            && (head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]))
            && !head[2..4].starts_with(&[0, 0])
        {
            return Some(Kind::Text);
        }
        let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
        let executable = head.starts_with(b"#!") || head.starts_with(b"MZ");
        (!head.is_empty() && !executable && !head.iter().any(control)).then_some(Kind::Text)
    }

    /// Short name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Jpeg => "JPEG",
            Kind::Png => "PNG",
            Kind::Webp => "WebP",
            Kind::Gif => "GIF",
            Kind::Bmp => "BMP",
            Kind::Pdf => "PDF",
            Kind::Mp4 => "MP4",
            Kind::Gzip => "gzip",
            Kind::Text => "text",
        }
    }

    /// The media type to serve it with. Text is never served as HTML.
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::Webp => "image/webp",
            Kind::Gif => "image/gif",
            Kind::Bmp => "image/bmp",
            Kind::Pdf => "application/pdf",
            Kind::Mp4 => "video/mp4",
            Kind::Gzip => "application/gzip",
            Kind::Text => "text/plain; charset=utf-8",
        }
    }
}
