//! The heat map: a button per block of nodes or group of pods, with a map that the platform paints.

use yew::prelude::*;

use super::components::say;
use crate::language::{Language, Text};
use crate::view::stage::{Block, Zoom};
use crate::view::yard::Look;

/// Fewer blocks than this are larger.
const FEW: usize = 20;

/// How many of each look, in words.
pub(super) fn counted(counts: &[usize], language: Language) -> String {
    let there = Look::ALL.into_iter().zip(counts).filter(|(_, count)| **count > 0);
    there
        .map(|(look, count)| format!("{} {count}", say(language, look.key())))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The blocks. Each is one stop of the arrow keys, says what it holds, and zooms in when it is pressed.
pub(super) fn blocks(blocks: &[Block], language: Language) -> Html {
    let few = (blocks.len() < FEW).then_some("heat--few");
    html! { <div class={classes!("heat", few)}>{ for blocks.iter().map(|one| block(one, language)) }</div> }
}

fn block(block: &Block, language: Language) -> Html {
    let pods: usize = block.counts.iter().sum();
    let looks = counted(&block.counts, language);
    let of_nodes = matches!(block.zoom, Zoom::Block(_));
    let name = if block.first.is_empty() {
        say(language, "stage.nobody").to_string()
    } else {
        block.first.to_string()
    };
    let mut label = if of_nodes {
        Text::new("stage.block")
            .with("first", &block.first)
            .with("last", &block.last)
            .with("nodes", block.nodes)
            .with("pods", pods)
            .with("looks", looks)
            .render(language)
    } else {
        Text::new("stage.group")
            .with("name", &name)
            .with("pods", pods)
            .with("looks", looks)
            .render(language)
    };
    if block.down > 0 {
        label.push_str(". ");
        label.push_str(&Text::new("stage.block-down").with("count", block.down).render(language));
    }
    let word = block.zoom.word();
    let title = if of_nodes { span(&block.first, &block.last) } else { name };
    let edge = block.degrees.map(|degrees| format!("--owner:{degrees}"));
    html! {
        <button key={word.clone()} type="button" class={classes!("heat__block", edge.is_some().then_some("heat__block--owned"))} style={edge.clone()} tabindex="-1" data-rove=""
            data-zoom={word.clone()} data-zoomable={word} aria-label={label}>
            <span class="heat__name">{ title }</span>
            <canvas class="heat__map" data-cells={block.cells.clone()} data-marks={block.marks.clone()} data-columns={if of_nodes { "10" } else { "50" }}></canvas>
            <span class="heat__pods">
                { pods }
                if block.down > 0 { <em class="heat__down">{ format!("✕ {}", block.down) }</em> }
            </span>
        </button>
    }
}

/// `worker-51 – 100`: what both names begin with is said once.
fn span(first: &str, last: &str) -> String {
    if first == last {
        return first.to_owned();
    }
    let stem = first.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let end = last.strip_prefix(stem).filter(|end| !end.is_empty()).unwrap_or(last);
    format!("{first} – {end}")
}
