//! What `seq` writes, in the terminal and in containers.

/// The flags of `seq`, and the words behind them.
pub(crate) struct Seq<'a> {
    separator: &'a str,
    wide: bool,
    /// The numbers, as they were written.
    pub(crate) words: &'a [&'a str],
}

impl<'a> Seq<'a> {
    /// Takes `-w` and `-s` off.
    pub(crate) fn read(words: &'a [&'a str]) -> Self {
        let mut seq = Self { separator: "\n", wide: false, words };
        loop {
            seq.words = match seq.words {
                ["-w", rest @ ..] => {
                    seq.wide = true;
                    rest
                }
                ["-s", text, rest @ ..] => {
                    seq.separator = text;
                    rest
                }
                [flag, rest @ ..] if flag.starts_with("-s") => {
                    seq.separator = flag.get(2..).unwrap_or_default();
                    rest
                }
                _ => return seq,
            };
        }
    }

    /// The numbers from the first to the last; a text that gets longer than `longest` bytes ends early.
    pub(crate) fn text(&self, (first, step, last): (i64, i64, i64), longest: usize) -> String {
        let digits = first.to_string().len().max(last.to_string().len());
        let width = if self.wide { digits } else { 0 };
        let (mut text, mut number) = (String::new(), Some(first));
        while let Some(now) =
            number.filter(|now| if step > 0 { *now <= last } else { *now >= last })
        {
            text.push_str(if text.is_empty() { "" } else { self.separator });
            text.push_str(&format!("{now:0width$}"));
            if text.len() > longest {
                break;
            }
            number = now.checked_add(step);
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }
}
