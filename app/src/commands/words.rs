//! Problems in the words of the catalogs, for the terminal: the same texts as on the pages, in the language of the
//! environment.

use ground::{Fault, Language, Problem};
use ui::Catalogs;

/// The texts of every crate, and the language of `LC_ALL` or `LANG` (English where neither names one of ours).
pub struct Words {
    catalogs: Catalogs,
    language: Language,
}

impl Words {
    /// Reads the environment.
    ///
    /// # Errors
    /// When the catalogs do not join: a fault of the program.
    pub fn load() -> anyhow::Result<Words> {
        let asked = ["LC_ALL", "LANG"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
        let language = Language::from_tag(&asked).unwrap_or(Language::En);
        Ok(Words { catalogs: Catalogs::new(&crate::catalogs())?, language })
    }

    /// One message.
    pub fn text(&self, id: &str) -> String {
        self.catalogs.text(self.language, id, &[])
    }

    /// A fault with its place.
    pub fn fault(&self, fault: &Fault) -> String {
        let args: Vec<_> = fault.args.iter().map(|(name, value)| (name.as_ref(), value.as_str().into())).collect();
        let text = self.catalogs.text(self.language, &fault.message, &args);
        let place = &fault.place;
        let mut parts: Vec<String> = place.file.iter().cloned().collect();
        for (name, number) in [("line", place.line), ("column", place.column), ("row", place.row)] {
            parts.extend(number.map(|number| format!("{name} {number}")));
        }
        parts.extend(place.field.iter().cloned());
        if parts.is_empty() { text } else { format!("{}: {text}", parts.join(", ")) }
    }

    /// A problem with all its faults, one a line.
    pub fn problem(&self, problem: &Problem) -> anyhow::Error {
        let args: Vec<_> = problem.args.iter().map(|(name, value)| (name.as_ref(), value.as_str().into())).collect();
        let mut text = self.catalogs.text(self.language, &problem.code.message_id(), &args);
        for fault in &problem.faults {
            text.push_str("\n  ");
            text.push_str(&self.fault(fault));
        }
        if problem.code.status >= 500
            && let Some(source) = &problem.source
        {
            text.push_str(&format!("\n  {source}"));
        }
        anyhow::anyhow!(text)
    }
}
