//! A row's own text inside its file: taken out, put back, given another mode. Comments and layout of the rest stay.

use policy::{Diagnostic, Mode, Pack, Source};

/// The lines of one row in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowText {
    /// File.
    pub path: String,
    /// First line of the row in the file, from 1.
    pub line: usize,
    /// Lines.
    pub lines: usize,
    /// Columns in front of every line that the text below lacks.
    pub indent: usize,
    /// The row without list mark and indentation: what a person edits.
    pub text: String,
}

/// The text of the row of `table` with this id and first day; `None` when it shares a line with another row or is
/// written in a way that has no lines of its own.
pub fn row_text(pack: &Pack, table: &str, id: &str, from: jiff::civil::Date) -> Option<RowText> {
    let row = pack.written_rows(table).into_iter().find(|row| row.id() == id && row.from() == from)?;
    let path = row.place().file.to_string();
    let source = pack.sources().iter().find(|source| source.path == path)?;
    let lines: Vec<&str> = source.text.lines().collect();
    let starts = starts_in(pack, &path, &lines)?;
    let start = mark_line(&lines, row.place().line as usize)?;
    let next = starts.iter().copied().find(|line| *line > start).unwrap_or(lines.len() + 1);
    let first = lines[start - 1];
    let dash = first.find('-')?;
    let rest = &first[dash + 1..];
    let indent = dash + 1 + (rest.len() - rest.trim_start_matches(' ').len());
    let mut end = next - 1;
    while end > start && is_between_rows(lines[end - 1], indent) {
        end -= 1;
    }
    let mut text = String::new();
    for (index, line) in lines[start - 1..end].iter().enumerate() {
        let cut = if index == 0 { first.get(indent..)? } else { dedent(line, indent)? };
        text.push_str(cut);
        text.push('\n');
    }
    (!text.starts_with('{')).then_some(RowText { path, line: start, lines: end + 1 - start, indent, text })
}

/// The files with one row's text replaced by `text`; with an empty text the row is taken out.
pub fn replace_row(sources: &[Source], row: &RowText, text: &str) -> Vec<Source> {
    let mut sources = sources.to_vec();
    for source in sources.iter_mut().filter(|source| source.path == row.path) {
        let lines: Vec<&str> = source.text.lines().collect();
        let mut out: Vec<String> = lines[..row.line - 1].iter().map(|line| (*line).to_owned()).collect();
        out.extend(indented(text, row.indent));
        out.extend(lines[row.line - 1 + row.lines..].iter().map(|line| (*line).to_owned()));
        source.text = out.join("\n");
        source.text.push('\n');
    }
    sources
}

/// The files with a new row at the end of `path`, which must hold the table; says at which line the row begins.
pub fn append_row(sources: &[Source], path: &str, text: &str) -> Option<(Vec<Source>, usize)> {
    let mut sources = sources.to_vec();
    let source = sources.iter_mut().find(|source| source.path == path)?;
    let kept = source.text.trim_end();
    let kept = kept.strip_suffix("[]").map_or(kept, str::trim_end);
    let line = kept.lines().count() + 1;
    let body = indented(text, 4).join("\n");
    source.text = format!("{kept}\n{body}\n");
    Some((sources, line))
}

/// A row's text with another mode.
pub fn with_mode(text: &str, mode: Mode) -> String {
    let written = match mode {
        Mode::Percentage(share) => format!("mode: \"percentage: {share}\""),
        other => format!("mode: {other}"),
    };
    let lines: Vec<&str> = text.lines().collect();
    let has = |name: &str| lines.iter().position(|line| line.starts_with(name));
    let mut out: Vec<&str> = Vec::with_capacity(lines.len() + 1);
    if let Some(at) = has("mode:") {
        let after = lines[at + 1..].iter().take_while(|line| line.starts_with([' ', '\t'])).count();
        out.extend(&lines[..at]);
        out.push(&written);
        out.extend(&lines[at + 1 + after..]);
    } else {
        let at = has("until:").or_else(|| has("from:")).unwrap_or(0);
        out.extend(&lines[..=at.min(lines.len().saturating_sub(1))]);
        out.push(&written);
        out.extend(lines.iter().skip(at + 1));
    }
    out.join("\n") + "\n"
}

/// A diagnostic of the whole file as one of the row's text, where it lies inside; `None` elsewhere.
pub fn within_row(found: &Diagnostic, path: &str, line: usize, lines: usize, indent: usize) -> Option<Diagnostic> {
    let at = found.line as usize;
    if &*found.file != path || at < line || at >= line + lines.max(1) {
        return None;
    }
    let mut moved = found.clone();
    moved.line = u32::try_from(at + 1 - line).unwrap_or(0);
    moved.column = found.column.saturating_sub(u32::try_from(indent).unwrap_or(0)).max(1);
    Some(moved)
}

fn indented(text: &str, indent: usize) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let mark = format!("{}- ", " ".repeat(indent.saturating_sub(2)));
    text.trim_matches('\n')
        .lines()
        .enumerate()
        .filter(|_| !text.trim().is_empty())
        .map(|(index, line)| match index {
            0 => format!("{mark}{line}"),
            _ if line.trim().is_empty() => String::new(),
            _ => format!("{}{line}", " ".repeat(indent)),
        })
        .collect()
}

/// Lines at which the rows of a file begin, sorted; `None` when two begin on one line.
fn starts_in(pack: &Pack, path: &str, lines: &[&str]) -> Option<Vec<usize>> {
    let mut starts = Vec::new();
    for table in pack.table_names() {
        for row in pack.written_rows(table).iter().filter(|row| &*row.place().file == path) {
            starts.push(mark_line(lines, row.place().line as usize)?);
        }
    }
    starts.sort_unstable();
    let count = starts.len();
    starts.dedup();
    (starts.len() == count).then_some(starts)
}

/// The line with the row's list mark: its own first line, or the line above when the mark stands alone.
fn mark_line(lines: &[&str], line: usize) -> Option<usize> {
    let is_mark = |line: usize| lines.get(line.checked_sub(1)?).map(|text| text.trim_start().starts_with("- "));
    is_mark(line)?.then_some(line)
}

/// Blank lines and comments further left than the row's columns belong to what follows.
fn is_between_rows(line: &str, indent: usize) -> bool {
    let words = line.trim_start();
    words.is_empty() || (words.starts_with('#') && line.len() - words.len() < indent)
}

fn dedent(line: &str, indent: usize) -> Option<&str> {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    if line.trim().is_empty() {
        Some("")
    } else if spaces >= indent {
        line.get(indent..)
    } else if line.trim_start().starts_with('#') {
        Some(line.trim_start())
    } else {
        None
    }
}
