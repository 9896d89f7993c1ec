//! Virtual time, wake-ups, work queues and derived chance. This layer knows nothing of Kubernetes.

pub mod order;
pub mod rng;
pub mod time;
pub mod timers;
pub mod workqueue;

pub use time::{Duration, Time};
