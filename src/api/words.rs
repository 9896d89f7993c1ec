//! Words that come again and again (`Ready`, `kubelet`, `v1`): one shared copy of each in place of one per object.

use std::cell::{Cell, RefCell};
use std::fmt::{Arguments, Write as _};
use std::rc::Rc;

use super::meta::fold;

/// So many words are shared at a time; a power of two. Kubernetes' own vocabulary fits several times.
const SLOTS: usize = 1024;

thread_local! {
    static SLOT: RefCell<[Option<Rc<str>>; SLOTS]> = const { RefCell::new([const { None }; SLOTS]) };
}

/// The shared copy of a word. Words that fall on the same slot push each other out: nothing grows, and any text may
/// be asked for.
pub fn word(text: &str) -> Rc<str> {
    SLOT.with_borrow_mut(|slots| {
        let Some(slot) = slots.get_mut(place(text)) else { return text.into() };
        match slot {
            Some(kept) if **kept == *text => Rc::clone(kept),
            _ => Rc::clone(slot.insert(text.into())),
        }
    })
}

thread_local! {
    static SCRATCH: Cell<String> = const { Cell::new(String::new()) };
}

/// Hands a text on that is written for it alone. All are written in one place: no memory is asked for.
pub fn with_text<T>(text: Arguments<'_>, act: impl FnOnce(&str) -> T) -> T {
    // What writes a text within finds the place empty and makes another.
    let mut scratch = SCRATCH.take();
    scratch.clear();
    // Writing to a string does not fail.
    let _: std::fmt::Result = scratch.write_fmt(text);
    let result = act(&scratch);
    SCRATCH.set(scratch);
    result
}

/// The text, as it is kept.
pub fn written(text: Arguments<'_>) -> Rc<str> {
    with_text(text, |text| Rc::from(text))
}

/// The slot of a word, by the number that its letters mix to.
fn place(text: &str) -> usize {
    usize::try_from(fold(0, text) >> 32).unwrap_or(0) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_within_a_text_is_not_written_over() {
        let inner = |number: usize| written(format_args!("<{number}>"));
        let outer = with_text(format_args!("a{}", inner(1)), |text| {
            let within = inner(2);
            format!("{text}{within}")
        });
        assert_eq!(outer, "a<1><2>");
    }

    #[test]
    fn equal_words_share_their_copy_and_others_keep_their_letters() {
        assert!(Rc::ptr_eq(&word("Ready"), &word("Ready")));
        for number in 0..4 * SLOTS {
            let text = format!("word-{number}");
            assert_eq!(&*word(&text), text);
        }
        assert_eq!(&*word(""), "");
    }
}
