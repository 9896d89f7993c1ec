//! A text where a number is expected, a number or `yes` where a text is expected.

use super::Known;
use crate::api::schema::Shape;
use crate::language::Text;
use crate::manifest::decode::TypeError;
use crate::manifest::diagnostic::Edit;
use crate::manifest::document::Decoded;
use crate::manifest::scalar::{Scalar, resolve};
use crate::manifest::tree::{NodeData, Style};

const CODE: &str = "wrong-type";

pub(super) fn check(document: &Decoded, wrong: &TypeError) -> Option<Known> {
    let id = document.places.follow(&wrong.path).node?;
    let node = document.places.tree.node(id)?;
    let NodeData::Scalar { text, style } = &node.data else { return None };
    let name = wrong.path.rsplit('.').next().unwrap_or(&wrong.path);
    match wrong.wanted?.shape() {
        Shape::Int32 | Shape::Int64 => {
            let number = matches!(resolve(text.trim()), Scalar::Int(_));
            let quoted = *style != Style::Plain && number;
            let why = match quoted {
                true => Text::new("manifest.number_in_quotes"),
                false => Text::new("manifest.number_expected").with("found", text),
            };
            let title = Text::new("manifest.fix.unquote").with("wanted", text.trim());
            let fix = quoted.then(|| Edit::replace(title, node.from, node.to, text.trim()));
            Some((CODE, why.with("name", name), fix))
        }
        Shape::Bool => {
            let word = match text.to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Some("true"),
                "false" | "no" | "off" | "0" => Some("false"),
                _ => None,
            };
            let why = Text::new("manifest.bool_expected").with("name", name).with("found", text);
            let title = word.map(|word| Text::new("manifest.fix.unquote").with("wanted", word));
            let fix =
                word.zip(title).map(|(word, title)| Edit::replace(title, node.from, node.to, word));
            Some((CODE, why, fix))
        }
        Shape::String(_) | Shape::Map(_) | Shape::List(_) if *style == Style::Plain => {
            let why = match resolve(text) {
                Scalar::Bool(_) => Text::new("manifest.text_expected.bool"),
                _ => Text::new("manifest.text_expected.number"),
            };
            let title = Text::new("manifest.fix.quote").with("found", text);
            let fix = Edit::replace(title, node.from, node.to, format!("\"{text}\""));
            Some((CODE, why.with("name", name).with("found", text), Some(fix)))
        }
        _ => None,
    }
}

/// Any other wrong type or form.
pub(super) fn general(wrong: &TypeError) -> Known {
    let name = wrong.path.rsplit('.').next().unwrap_or(&wrong.path);
    let why = match wrong.wanted {
        Some(wanted) => Text::new("manifest.wrong_type").with("wanted", wanted.explained()),
        None if wrong.message.starts_with("quantities") || wrong.message.contains("quantity") => {
            Text::new("manifest.wrong_quantity")
        }
        None => Text::new("manifest.wrong_form"),
    };
    (CODE, why.with("name", name), None)
}
