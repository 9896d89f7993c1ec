//! The Markdown of lessons as plain data: paragraphs, lists, code, `code`, **strong** and *emphasis*. What else
//! somebody writes is shown as it stands; nothing of it is ever HTML.

/// A block of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// The points of a list.
    List(Vec<Vec<Span>>),
    /// Lines of code.
    Code(String),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Plain words.
    Text(String),
    /// `code`
    Code(String),
    /// **strong**
    Strong(String),
    /// *emphasis*
    Emphasis(String),
}

/// Reads a text.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut all = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let bare = line.trim();
        if bare.is_empty() {
            continue;
        }
        if bare.starts_with("```") {
            let code: Vec<&str> =
                lines.by_ref().take_while(|line| !line.trim().starts_with("```")).collect();
            all.push(Block::Code(code.join("\n")));
            continue;
        }
        let more = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("```");
        if let Some(first) = point(bare) {
            let mut points = vec![first.to_owned()];
            while let Some(next) = lines.next_if(more) {
                match (point(next.trim()), points.last_mut()) {
                    (Some(own), _) => points.push(own.to_owned()),
                    (None, Some(last)) => {
                        last.push(' ');
                        last.push_str(next.trim());
                    }
                    (None, None) => {}
                }
            }
            all.push(Block::List(points.iter().map(|point| spans(point)).collect()));
            continue;
        }
        let mut words = bare.to_owned();
        while let Some(next) = lines.next_if(|line| more(line) && point(line.trim()).is_none()) {
            words.push(' ');
            words.push_str(next.trim());
        }
        all.push(Block::Paragraph(spans(&words)));
    }
    all
}

/// The words of a line that is a point of a list.
fn point(line: &str) -> Option<&str> {
    line.strip_prefix("- ").or_else(|| line.strip_prefix("* "))
}

/// Reads the marks in a line; a mark without its partner is a letter like any other.
pub fn spans(line: &str) -> Vec<Span> {
    let marks: [(&str, fn(String) -> Span); 3] =
        [("`", Span::Code), ("**", Span::Strong), ("*", Span::Emphasis)];
    let (mut all, mut plain, mut rest) = (Vec::new(), String::new(), line);
    while let Some(letter) = rest.chars().next() {
        let found = marks.iter().find_map(|(mark, make)| {
            let (inside, after) = rest.strip_prefix(mark)?.split_once(mark)?;
            (!inside.is_empty()).then(|| (make(inside.to_owned()), after))
        });
        match found {
            Some((span, after)) => {
                if !plain.is_empty() {
                    all.push(Span::Text(std::mem::take(&mut plain)));
                }
                all.push(span);
                rest = after;
            }
            None => {
                plain.push(letter);
                rest = rest.strip_prefix(letter).unwrap_or_default();
            }
        }
    }
    if !plain.is_empty() {
        all.push(Span::Text(plain));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_marks_read() {
        let text =
            "One *line*\nand `more`.\n\n- a\n  b\n- **c**\n\n```\nkubectl get\n  pods\n```\nend";
        let plain = |words: &str| Span::Text(words.into());
        assert_eq!(
            blocks(text),
            [
                Block::Paragraph(vec![
                    plain("One "),
                    Span::Emphasis("line".into()),
                    plain(" and "),
                    Span::Code("more".into()),
                    plain("."),
                ]),
                Block::List(vec![vec![plain("a b")], vec![Span::Strong("c".into())]]),
                Block::Code("kubectl get\n  pods".into()),
                Block::Paragraph(vec![plain("end")]),
            ]
        );
    }

    #[test]
    fn a_mark_alone_and_html_are_letters() {
        assert_eq!(spans("a * b ` <b>"), [Span::Text("a * b ` <b>".into())]);
        assert_eq!(blocks("```\nopen"), [Block::Code("open".into())]);
    }
}
