//! `kubectl edit`: the object becomes a file of the editor; applying the file there saves it. Follows `pkg/cmd/edit`.

use super::problem::Failure;
use super::resources::{self, Needs};
use super::subresource::{self, Subresource};
use super::{After, Context, DONE};
use crate::manifest;
use crate::terminal::Effect;

const HEAD: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

/// Runs `edit`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    match subresource::asked(context)? {
        None => {}
        Some(Subresource::Status) => return Err(subresource::refuse_status()),
        Some(Subresource::Scale) => {
            let words = "the editor applies whole objects; edit the object, or use kubectl scale";
            return Err(Failure::new(words));
        }
    }
    let found = resources::find(context, &words, Needs::default())?;
    if let Some(failure) = Failure::all(found.failures) {
        return Err(failure);
    }
    for object in &found.objects {
        let kind = object.kind().name().to_lowercase();
        let file = format!("{kind}-{}.yaml", object.meta().name);
        let mut value = object.to_value();
        // The tab is applied, not sent back whole: a version would make every later status a conflict.
        if let Some(meta) = value.get("metadata") {
            let mut meta = meta.clone();
            meta.remove("resourceVersion");
            value.set("metadata", meta);
        }
        let text = format!("{HEAD}{}", manifest::to_yaml(&value));
        context.terminal.files.insert(file.clone(), text.into());
        context.effect(Effect::OpenEditor(file));
    }
    DONE
}
