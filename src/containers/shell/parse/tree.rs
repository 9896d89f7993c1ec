//! What a script is, once it is read.

use std::rc::Rc;

/// A list of commands.
pub type Script = Rc<[Node]>;

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Assignments, words, redirections.
    Simple { assigns: Vec<(String, Word)>, words: Vec<Word>, redirects: Vec<Redirect> },
    /// Commands joined by `|`.
    Pipeline { stages: Rc<[Self]>, negated: bool },
    /// `left && right` or `left || right`.
    AndOr { left: Rc<Self>, right: Rc<Self>, and: bool },
    /// `if`, `elif`, `else`.
    If { branches: Rc<[(Script, Script)]>, otherwise: Script },
    /// `while` or `until`. `again` stands in place of the condition from the second round on: in `for ((…; …; …))` it
    /// counts first.
    While { condition: Script, again: Script, body: Script, until: bool },
    /// `for NAME in WORDS`; without `in`, the arguments.
    For { name: String, words: Option<Vec<Word>>, body: Script },
    /// `case WORD in PATTERN) …`.
    Case { word: Word, arms: Rc<[(Vec<Word>, Script)]> },
    /// `[[ … ]]`: its words without the brackets.
    Test(Vec<Word>),
    /// `(( … ))`
    Arithmetic(Word),
    /// `{ …; }`
    Group(Script),
    /// `( … )`
    Subshell(Script),
    /// `NAME() …`
    Function { name: String, body: Rc<Self> },
    /// A compound command with redirections.
    Redirected(Rc<Self>, Vec<Redirect>),
    /// `… &`
    Background(Rc<Self>),
}

/// A redirection.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// The file descriptor.
    pub fd: u8,
    /// What is done with it.
    pub kind: RedirectKind,
    /// The target.
    pub target: Word,
}

/// The kinds of redirections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `>&` or `<&`
    Duplicate,
    /// `&>`: both outputs.
    Both,
    /// `<<`: the target is the text.
    Here,
    /// `<<<`: the target is a line.
    HereString,
}

/// A word: parts that are expanded and joined.
pub(crate) type Word = Vec<Part>;

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text as it stands; quoted text is not split and not matched.
    Text { text: String, quoted: bool },
    /// `$NAME`, `${NAME…}`
    Variable { name: String, operation: Option<(String, Word)>, quoted: bool },
    /// `$( … )`
    Command { script: Script, quoted: bool },
    /// `$(( … ))`
    Arithmetic { text: Word, quoted: bool },
}
