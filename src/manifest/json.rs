//! JSON text to the same tree as YAML, with the words of Go's `encoding/json` for what does not fit.

use std::rc::Rc;

use super::source::Source;
use super::tree::{Node, NodeData, NodeId, Style, Tree};
use super::yaml::{MAX_DEPTH, MAX_NODES, TOO_MANY_NODES};

/// Why a text is no JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonError {
    /// `json: offset 36: invalid character '}' looking for beginning of object key string`
    pub(super) message: String,
    /// Where in the file.
    pub(super) at: usize,
}

/// Whether kubectl takes a text for JSON: the first letter that is no space is `{`.
pub(super) fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// The value that begins behind `from`, and where it ends; `None` if only space is left.
pub(super) fn parse(source: &Source, from: usize) -> Result<Option<(Tree, usize)>, JsonError> {
    let mut reader = Reader { text: source.text(), at: from, tree: Tree::default(), depth: 0 };
    reader.skip_space();
    if reader.at >= reader.text.len() {
        return Ok(None);
    }
    let root = reader.value("looking for beginning of value")?;
    reader.tree.root = Some(root);
    Ok(Some((reader.tree, reader.at)))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    tree: Tree,
    depth: usize,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn wrong(&self, context: &str) -> JsonError {
        let Some(letter) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
            return JsonError { message: "unexpected EOF".into(), at: self.at };
        };
        let shown = match letter {
            '\'' => r"'\''".into(),
            '"' => "'\"'".into(),
            '\n' => r"'\n'".into(),
            '\t' => r"'\t'".into(),
            '\r' => r"'\r'".into(),
            '\\' => r"'\\'".into(),
            // Go looks at bytes, and shows each as the letter with that number
            other if other.is_ascii() => format!("'{other}'"),
            _ => format!("'{}'", char::from(self.byte().unwrap_or(b'?'))),
        };
        let offset = self.at + 1;
        let message = format!("json: offset {offset}: invalid character {shown} {context}");
        JsonError { message, at: self.at }
    }

    fn value(&mut self, context: &str) -> Result<NodeId, JsonError> {
        let from = self.at;
        if self.tree.nodes.len() >= MAX_NODES {
            return Err(JsonError { message: TOO_MANY_NODES.into(), at: from });
        }
        match self.byte() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => {
                let text = self.string()?;
                Ok(self
                    .push(from, NodeData::Scalar { text: text.into(), style: Style::DoubleQuoted }))
            }
            Some(b't') => self.word(from, "true"),
            Some(b'f') => self.word(from, "false"),
            Some(b'n') => self.word(from, "null"),
            Some(b'-' | b'0'..=b'9') => self.number(from),
            _ => Err(self.wrong(context)),
        }
    }

    fn push(&mut self, from: usize, data: NodeData) -> NodeId {
        self.tree.push(Node { from, to: self.at, tag: None, data })
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<NodeData, JsonError>,
    ) -> Result<NodeId, JsonError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.wrong("exceeded max depth"));
        }
        let from = self.at;
        self.depth += 1;
        self.at += 1;
        let data = read(self)?;
        self.depth -= 1;
        Ok(self.push(from, data))
    }

    fn object(&mut self) -> Result<NodeData, JsonError> {
        let mut entries = Vec::new();
        loop {
            self.skip_space();
            match self.byte() {
                Some(b'}') if entries.is_empty() => break,
                Some(b'"') => {}
                _ => return Err(self.wrong("looking for beginning of object key string")),
            }
            let key = self.value("looking for beginning of object key string")?;
            self.skip_space();
            if self.byte() != Some(b':') {
                return Err(self.wrong("after object key"));
            }
            self.at += 1;
            self.skip_space();
            let value = self.value("looking for beginning of value")?;
            entries.push((key, value));
            self.skip_space();
            match self.byte() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.wrong("after object key:value pair")),
            }
        }
        self.at += 1;
        Ok(NodeData::Mapping { entries, flow: true })
    }

    fn array(&mut self) -> Result<NodeData, JsonError> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.byte() == Some(b']') && items.is_empty() {
                break;
            }
            items.push(self.value("looking for beginning of value")?);
            self.skip_space();
            match self.byte() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.wrong("after array element")),
            }
        }
        self.at += 1;
        Ok(NodeData::Sequence { items, flow: true })
    }

    fn word(&mut self, from: usize, word: &'static str) -> Result<NodeId, JsonError> {
        for letter in word.bytes() {
            if self.byte() != Some(letter) {
                let expected = char::from(letter);
                return Err(self.wrong(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(self.push(from, NodeData::Scalar { text: word.into(), style: Style::Plain }))
    }

    fn digits(&mut self, context: &str) -> Result<(), JsonError> {
        if !self.byte().is_some_and(|digit| digit.is_ascii_digit()) {
            return Err(self.wrong(context));
        }
        while self.byte().is_some_and(|digit| digit.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self, from: usize) -> Result<NodeId, JsonError> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text: Rc<str> = self.text.get(from..self.at).unwrap_or("").into();
        Ok(self.push(from, NodeData::Scalar { text, style: Style::Plain }))
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let from = self.at;
        self.at += 1;
        loop {
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.at += 1,
                _ => return Err(self.wrong("in string literal")),
            }
        }
        self.at += 1;
        let literal = self.text.get(from..self.at).unwrap_or("\"\"");
        // only lone surrogates are left to go wrong; Go reads them as U+FFFD
        Ok(serde_json::from_str(literal).unwrap_or_else(|_| literal.trim_matches('"').to_owned()))
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        match self.byte() {
            Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.byte().is_some_and(|digit| digit.is_ascii_hexdigit()) {
                        return Err(self.wrong("in \\u hexadecimal character escape"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.wrong("in string escape code")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::yaml::to_value;
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let source = Source::new(text.as_bytes());
        let parsed = parse(&source, 0).map_err(|error| error.message)?;
        let tree = parsed.map(|(tree, _)| tree).unwrap_or_default();
        Ok(to_value(&tree).map_err(|error| error.message)?.to_json())
    }

    #[test]
    fn json_becomes_a_tree() {
        let text = r#"{"a":[1,-2.5,true,null,"x\"\u00e9"],"b":{}}"#;
        assert_eq!(read(text), Ok(text.replace("\\u00e9", "é")));
        assert_eq!(
            read(r#"{"a":"1","b":"yes","c":1e3}"#),
            Ok(r#"{"a":"1","b":"yes","c":1000}"#.into())
        );
    }

    #[test]
    fn errors_have_gos_words() {
        for (text, wanted) in [
            (
                r#"{"apiVersion": "v1", "kind": "Pod",}"#,
                "json: offset 36: invalid character '}' looking for beginning of object key string",
            ),
            (r#"{"a" 1}"#, "json: offset 6: invalid character '1' after object key"),
            (
                r#"{"a": 1 "b"}"#,
                "json: offset 9: invalid character '\"' after object key:value pair",
            ),
            (r#"{"a": [1 2]}"#, "json: offset 10: invalid character '2' after array element"),
            (
                r#"{a: 1}"#,
                "json: offset 2: invalid character 'a' looking for beginning of object key string",
            ),
            (
                r#"{"a": tru}"#,
                "json: offset 10: invalid character '}' in literal true (expecting 'e')",
            ),
            (r#"{"a": 1."#, "unexpected EOF"),
            (r#"{"a": "\q"}"#, "json: offset 9: invalid character 'q' in string escape code"),
            ("{\"a\": \"x\ny\"}", "json: offset 9: invalid character '\\n' in string literal"),
        ] {
            assert_eq!(read(text), Err(wanted.into()), "{text}");
        }
    }
}
