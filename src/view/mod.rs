//! What the screen needs, as plain data: built from the cluster and the view before, so that what has not changed
//! keeps its place in memory. No browser here: tested on the host.

pub mod address;
pub mod commands;
pub mod cron_words;
pub mod diagnostics;
pub mod diagram;
pub mod diff;
pub mod dots;
pub mod embed_code;
pub mod family;
pub mod filter;
pub mod futures;
pub mod governs;
pub mod guest;
pub mod inspector;
pub mod issue;
pub mod kept;
pub mod lessons;
pub mod line;
pub mod live;
pub mod live_yaml;
pub mod logs;
pub mod loops;
pub mod markdown;
pub mod motion;
pub mod palette;
pub mod panels;
pub mod pod;
pub mod relations;
pub mod screen;
pub mod stage;
pub mod state;
pub mod timeline;
pub mod welcome;
pub mod why;
pub mod yard;
