//! Words that come again and again (`Ready`, `kubelet`, `v1`): one shared copy of each in place of one per object.

use std::cell::{Cell, RefCell};
use std::fmt::{Arguments, Write as _};
use std::rc::Rc;

/// So many words are shared at a time; a power of two. Kubernetes' own vocabulary fits several times.
const SLOTS: usize = 1024;

thread_local! {
    static SLOT: RefCell<[Option<Rc<str>>; SLOTS]> = const { RefCell::new([const { None }; SLOTS]) };
    /// The word that is asked for most.
    static NOTHING: Rc<str> = Rc::default();
}

/// The shared copy of a word. Words that fall on the same slot push each other out: nothing grows, and any text may
/// be asked for.
#[inline]
pub fn word(text: &str) -> Rc<str> {
    if text.is_empty() { NOTHING.with(Rc::clone) } else { kept(text) }
}

fn kept(text: &str) -> Rc<str> {
    SLOT.with_borrow_mut(|slots| {
        let Some(slot) = slots.get_mut(place(text)) else { return text.into() };
        match slot {
            Some(kept) if **kept == *text => Rc::clone(kept),
            _ => Rc::clone(slot.insert(text.into())),
        }
    })
}

/// Whether two texts are the same. Shared ones mostly are the very same: a look at the pointers saves one at the letters.
pub fn same(one: &Rc<str>, other: &Rc<str>) -> bool {
    Rc::ptr_eq(one, other) || one == other
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

/// Several texts as one, as it is kept.
pub fn joined(parts: &[&str]) -> Rc<str> {
    with_joined(parts, |text| Rc::from(text))
}

/// Hands several texts on as one; no memory is asked for.
pub fn with_joined<T>(parts: &[&str], act: impl FnOnce(&str) -> T) -> T {
    let mut scratch = SCRATCH.take();
    scratch.clear();
    parts.iter().for_each(|part| scratch.push_str(part));
    let result = act(&scratch);
    SCRATCH.set(scratch);
    result
}

/// The slot of a word, by its length and its first and last letters: they tell words apart well enough.
fn place(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |ends, byte| ends << 8 | u64::from(*byte)),
    };
    let mixed = (ends ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 32).unwrap_or(0) % SLOTS
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
        assert_eq!(&*joined(&["a", "", &joined(&["<", "1>"]), &inner(2)]), outer);
    }

    #[test]
    fn texts_are_the_same_by_their_letters() {
        let (one, other): (Rc<str>, Rc<str>) = ("Ready".into(), "Ready".into());
        assert!(!Rc::ptr_eq(&one, &other) && same(&one, &other) && same(&one, &Rc::clone(&one)));
        assert!(!same(&one, &word("Reads")));
    }

    #[test]
    fn equal_words_share_their_copy_and_others_keep_their_letters() {
        assert!(Rc::ptr_eq(&word("Ready"), &word("Ready")));
        for number in 0..4 * SLOTS {
            let text = format!("word-{number}");
            assert_eq!(&*word(&text), text);
        }
        assert!(word("").is_empty() && Rc::ptr_eq(&word(""), &word("")));
    }
}
