//! Where in a manifest the cursor stands: told from the lines above it.

use crate::manifest::source::Source;

/// What the lines around the cursor say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The keys above the cursor's line, outermost first; of a list also which item.
    pub path: Vec<(String, Option<usize>)>,
    /// If the cursor is behind a colon: the key before it.
    pub key: Option<String>,
    /// The key of the cursor's line, and from and to where it goes.
    pub line_key: Option<(String, (usize, usize))>,
    /// What is already written of the word at the cursor.
    pub word: String,
    /// Where that word begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// The column of the keys that the cursor's line belongs to, from 0.
    pub column: usize,
    /// The other keys there.
    pub siblings: Vec<String>,
    /// What `kind:` says in this document.
    pub kind_name: Option<String>,
    /// What `apiVersion:` says.
    pub api_version: Option<String>,
}

/// A line that says something: its dashes, its key.
#[derive(Debug)]
struct Line<'a> {
    /// The columns of its dashes.
    dashes: Vec<usize>,
    /// Where its content begins.
    column: usize,
    content: &'a str,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Self {
        let mut column = text.len() - text.trim_start_matches(' ').len();
        let mut content = text.trim_start_matches(' ');
        let mut dashes = Vec::new();
        while let Some(behind) =
            content.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' '))
        {
            dashes.push(column);
            let inner = behind.trim_start_matches(' ');
            column += content.len() - inner.len();
            content = inner;
        }
        Self { dashes, column, content }
    }

    fn is_empty(&self) -> bool {
        self.dashes.is_empty() && (self.content.trim().is_empty() || self.content.starts_with('#'))
    }

    /// The key, without quotes, if there is one.
    fn key(&self) -> Option<&'a str> {
        let colon = self.content.find(": ").or_else(|| {
            let trimmed = self.content.trim_end();
            trimmed.ends_with(':').then(|| trimmed.len() - 1)
        })?;
        let key = self.content.get(..colon)?.trim_end().trim_matches(['"', '\'']);
        let plain = !key.is_empty() && !key.contains([' ', '{', '[', ',', '#']);
        plain.then_some(key)
    }

    /// What stands behind the colon.
    fn value(&self) -> &'a str {
        let behind = self.content.split_once(':').map_or("", |(_, value)| value);
        behind.split(" #").next().unwrap_or("").trim().trim_matches(['"', '\''])
    }
}

impl Context {
    /// The context of byte `offset`.
    pub fn at(source: &Source, offset: usize) -> Self {
        let index = source.line_index(offset.min(source.text().len()));
        let start = source.line_start(index);
        let (first, last) = document(source, index);
        let mut context = Self::default();
        for line in (first..last).map(|index| Line::read(source.line(index))) {
            let slot = match line.key() {
                Some("kind") => &mut context.kind_name,
                Some("apiVersion") => &mut context.api_version,
                _ => continue,
            };
            if line.column == 0 && !line.value().is_empty() {
                slot.get_or_insert(line.value().to_owned());
            }
        }
        let line = Line::read(source.line(index));
        let within = offset.saturating_sub(start);
        context.read_line(&line, start, within);
        context.climb(source, first, index, &line);
        context.collect_siblings(source, (first, last), index, &line);
        context
    }

    /// The word at the cursor, and the key before it if it is a value.
    fn read_line(&mut self, line: &Line<'_>, start: usize, within: usize) {
        self.column = line.column;
        let from = start + line.column;
        if let Some(key) = line.key() {
            let quote = usize::from(line.content.starts_with(['"', '\'']));
            self.line_key = Some((key.to_owned(), (from, from + key.len() + 2 * quote)));
        }
        let before = line.content.get(..within.saturating_sub(line.column)).unwrap_or(line.content);
        let (offset, word) = match before.find(": ") {
            Some(colon) if self.line_key.is_some() => {
                self.key = self.line_key.as_ref().map(|(key, _)| key.clone());
                let value = before.get(colon + 2..).unwrap_or("");
                let trimmed = value.trim_start();
                (before.len() - trimmed.len(), trimmed)
            }
            _ => (0, before),
        };
        self.word = word.trim_matches(['"', '\'']).to_owned();
        self.from = from + offset;
        let rest = line.content.get(offset..).unwrap_or("");
        let stop = |letter: char| letter.is_whitespace() || letter == ':';
        self.to = self.from + rest.find(stop).unwrap_or(rest.len()).max(word.len());
    }

    /// Goes up line by line: each line with less indent is a parent, each dash an item.
    fn climb(&mut self, source: &Source, first: usize, index: usize, line: &Line<'_>) {
        let mut open = line.dashes.clone();
        let mut limit = open.first().copied().unwrap_or(line.column);
        // an item whose dashes stand in this line, or in the lines above
        let mut items: Vec<Option<usize>> = open.iter().map(|_| Some(0)).collect();
        for above in (first..index).rev() {
            let line = Line::read(source.line(above));
            if line.is_empty() {
                continue;
            }
            let dash = line.dashes.last().copied();
            if let (Some(dash), Some(&own)) = (dash, open.first())
                && dash == own
            {
                if let Some(Some(count)) = items.first_mut() {
                    *count += 1;
                }
                continue;
            }
            let in_this_item =
                dash.is_some_and(|dash| dash < limit) && line.column <= limit && open.is_empty();
            if in_this_item && line.column == limit {
                open = line.dashes.clone();
                items = open.iter().map(|_| Some(0)).collect();
                limit = line.dashes.first().copied().unwrap_or(limit);
                continue;
            }
            let parent = line.column < limit || (!open.is_empty() && line.column == limit);
            if !parent {
                continue;
            }
            let Some(key) = line.key() else { continue };
            self.path.insert(0, (key.to_owned(), items.first().copied().flatten()));
            open = line.dashes.clone();
            items = open.iter().map(|_| Some(0)).collect();
            limit = line.dashes.first().copied().unwrap_or(line.column);
            if limit == 0 && open.is_empty() {
                return;
            }
        }
    }

    /// The keys of the same mapping: lines of the same column around the cursor's.
    fn collect_siblings(
        &mut self,
        source: &Source,
        (first, last): (usize, usize),
        index: usize,
        line: &Line<'_>,
    ) {
        let column = line.column;
        let own_dash = !line.dashes.is_empty();
        let mut add = |line: &Line<'_>| {
            if line.column == column {
                self.siblings.extend(line.key().map(str::to_owned));
            }
        };
        if !own_dash {
            for above in (first..index).rev() {
                let line = Line::read(source.line(above));
                if line.is_empty() || line.column > column {
                    continue;
                }
                if line.column < column {
                    break;
                }
                add(&line);
                if !line.dashes.is_empty() {
                    break;
                }
            }
        }
        for below in index + 1..last {
            let line = Line::read(source.line(below));
            let leaves = line.column < column || line.dashes.iter().any(|dash| *dash < column);
            if line.is_empty() || (line.column > column && line.dashes.is_empty()) {
                continue;
            }
            if leaves {
                break;
            }
            add(&line);
        }
    }
}

/// The lines of the document that contains line `index`.
fn document(source: &Source, index: usize) -> (usize, usize) {
    let separates = |line: &usize| source.line(*line).starts_with("---");
    let first = (0..=index).rev().find(separates).map_or(0, |line| line + 1);
    let last = (index + 1..source.line_count()).find(separates).unwrap_or(source.line_count());
    (first.min(index), last)
}
