//! Objects as the tables of `kubectl get`. Follows `k8s.io/cli-runtime/pkg/printers/tableprinter.go`.

use super::tabwriter::Columns;
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::apiserver::table::{self, Column};
use crate::sim::Time;

/// How tables are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// `-o wide`
    pub(super) wide: bool,
    /// `-A`
    pub(super) namespaces: bool,
    /// Names have their type before them.
    pub(super) kinds: bool,
    /// `--show-labels`
    pub(super) labels: bool,
    /// `-L`
    pub(super) columns: Vec<String>,
    /// Without `--no-headers`.
    pub(super) headers: bool,
    /// `--output-watch-events`
    pub(super) events: bool,
    /// `--server-print=false`: the client knows no more of any type than names and ages.
    pub(super) plain: bool,
}

/// What every type has.
const PLAIN: [Column; 2] =
    [Column { name: "Name", wide: false }, Column { name: "Age", wide: false }];

/// Cells as they stand in a line: up to the first line break, and without tabs.
fn shown(cell: &str) -> String {
    let cell = match cell.split_once(['\n', '\r', '\u{c}']) {
        Some((first, _)) => format!("{first}..."),
        None => cell.to_owned(),
    };
    if cell.contains('\t') { cell.replace('\t', " ") } else { cell }
}

/// A printer of the tables of one kind; widths are remembered from one text to the next.
#[derive(Clone, Debug)]
pub(super) struct Printer {
    kind: Kind,
    view: View,
    columns: Columns,
    begun: bool,
}

impl Printer {
    pub(super) const fn new(kind: Kind, view: View) -> Self {
        Self { kind, view, columns: Columns::of_tables(), begun: false }
    }

    const fn columns(&self) -> &'static [Column] {
        match self.view.plain {
            true => &PLAIN,
            false => table::columns(self.kind),
        }
    }

    fn header(&self) -> String {
        let mut cells: Vec<String> = Vec::new();
        if self.view.events {
            cells.push("EVENT".into());
        }
        if self.view.namespaces && self.kind.namespaced() {
            cells.push("NAMESPACE".into());
        }
        let known = self.columns().iter().filter(|column| self.view.wide || !column.wide);
        cells.extend(known.map(|column| column.name.to_uppercase()));
        let labels = self.view.columns.iter();
        cells.extend(labels.map(|key| key.rsplit('/').next().unwrap_or(key).to_uppercase()));
        if self.view.labels {
            cells.push("LABELS".into());
        }
        cells.join("\t")
    }

    fn row(&self, object: &AnyObject, event: Option<&str>, now: Time) -> String {
        let meta = object.meta();
        let mut cells: Vec<String> = Vec::new();
        if self.view.events {
            cells.push(event.unwrap_or_default().to_owned());
        }
        if self.view.namespaces && self.kind.namespaced() {
            cells.push(meta.namespace.to_string());
        }
        let row = match self.view.plain {
            true => vec![meta.name.to_string(), table::age(meta.created, now)],
            false => table::row(object, now),
        };
        for (cell, column) in row.into_iter().zip(self.columns()) {
            if column.wide && !self.view.wide {
                continue;
            }
            let named = self.view.kinds && column.name == "Name";
            cells.push(match named {
                true => format!("{}/{cell}", self.kind.word()),
                false => shown(&cell),
            });
        }
        let labels = self.view.columns.iter();
        cells.extend(labels.map(|key| meta.labels.text(key).unwrap_or_default().to_owned()));
        if self.view.labels {
            let all: Vec<String> =
                meta.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            cells.push(if all.is_empty() { "<none>".into() } else { all.join(",") });
        }
        cells.join("\t")
    }

    /// Rows, with the header above the first ones.
    pub(super) fn rows<'a>(
        &mut self,
        objects: impl IntoIterator<Item = (&'a AnyObject, Option<&'a str>)>,
        now: Time,
    ) -> String {
        let mut text = String::new();
        for (object, event) in objects {
            if !self.begun && self.view.headers {
                text.push_str(&self.header());
                text.push('\n');
            }
            self.begun = true;
            text.push_str(&self.row(object, event, now));
            text.push('\n');
        }
        self.columns.align(&text)
    }
}
