//! Signals by number and by name, and what one does to a process that has no handler for it. Follows signal(7).

/// A signal, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal(u8);

/// What a signal does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The process ends.
    Ends,
    /// Nothing.
    Nothing,
    /// The process stands still.
    Stops,
    /// The process goes on.
    Continues,
}

/// The names, by number; the first is number 1.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS",
];

impl Signal {
    /// SIGINT
    pub const INT: Self = Self(2);
    /// SIGQUIT
    pub const QUIT: Self = Self(3);
    /// SIGKILL
    pub const KILL: Self = Self(9);
    /// SIGTERM
    pub const TERM: Self = Self(15);
    /// SIGSTOP
    pub const STOP: Self = Self(19);

    /// Reads `TERM`, `SIGTERM`, `term` or `15`.
    pub fn parse(word: &str) -> Option<Self> {
        if let Ok(number) = word.parse::<u8>() {
            return (1..=31).contains(&number).then_some(Self(number));
        }
        let upper = word.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let place = NAMES.iter().position(|one| *one == name)?;
        Some(Self(u8::try_from(place + 1).unwrap_or(0)))
    }

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (1..=31).map(Self)
    }

    /// The name without `SIG`.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0).wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// Its number.
    pub fn number(self) -> i64 {
        i64::from(self.0)
    }

    /// The exit code of a process that it ended.
    pub fn exit_code(self) -> i64 {
        128 + self.number()
    }

    /// Whether a process may handle it.
    pub fn can_be_handled(self) -> bool {
        self != Self::KILL && self != Self::STOP
    }

    /// What it does by itself.
    pub(crate) fn effect(self) -> Effect {
        match self.name() {
            "CHLD" | "URG" | "WINCH" => Effect::Nothing,
            "CONT" => Effect::Continues,
            "STOP" | "TSTP" | "TTIN" | "TTOU" => Effect::Stops,
            _ => Effect::Ends,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_go_by_number_and_name() {
        for (word, number, name) in
            [("15", 15, "TERM"), ("SIGTERM", 15, "TERM"), ("usr1", 10, "USR1"), ("9", 9, "KILL")]
        {
            let signal = Signal::parse(word).unwrap();
            assert_eq!((signal.number(), signal.name()), (number, name));
        }
        assert!(["0", "32", "TERMS", "", "-1"].iter().all(|word| Signal::parse(word).is_none()));
    }
}
