//! `kubectl top`. A cluster without a metrics server, as most clusters are when they are new.

use super::problem::Failure;
use super::{After, Context, DONE};
use crate::language::Text;

/// Runs `top`.
pub(super) fn run(context: &mut Context<'_>, command: &str) -> Result<After, Failure> {
    if command == "top" {
        if let Some(word) = context.flags.words.first() {
            return Err(super::help::unknown_subcommand("top", word));
        }
        let text = super::help::of("top");
        context.out(&text);
        return DONE;
    }
    Err(Failure::new("Metrics API not available").explained(Text::new("terminal.no-metrics")))
}
