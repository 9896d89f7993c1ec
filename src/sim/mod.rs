//! Virtual time, wake-ups, work queues and derived chance. This layer knows nothing of Kubernetes.

mod few;
pub mod order;
pub mod rng;
pub mod time;
pub mod timers;
pub mod workqueue;

pub use time::{Duration, Time};
