//! Podyard: a Kubernetes cluster that lives in a browser tab.
//!
//! The modules below are the layers of the house, from the ground up. A file may name its own layer
//! and lower ones, never a higher one (`tests/tidy.rs` reads the `use crate::` lines).

/// The objects of the API as plain data: fields, defaults, validation, schema.
pub mod api;
/// The verbs on the store: create, update, patch, delete, garbage collection, events, printed tables.
pub mod apiserver;
/// The facade: one world, one loop that moves it, inputs, history, causes.
pub mod cluster;
/// What runs in a container: image behaviours and a shell in virtual time.
pub mod containers;
/// The control loops.
pub mod controllers;
/// What a node does with the pods that are bound to it.
pub mod kubelet;
/// English and Korean texts by key. Knows nothing of Kubernetes.
pub mod language;
/// Lessons as data: format, checks, the learner's way, proof.
pub mod lessons;
/// YAML text to objects: the only place that knows lines and columns.
pub mod manifest;
/// The persistent collections that a moment of the cluster is made of.
pub mod persistent;
/// What control loops, scheduler and kubelet share: observed state in, plan out. Read this first.
pub mod reconcile;
/// Which node a pod goes to, and why not to the others.
pub mod scheduler;
/// Virtual time, wake-ups, work queues and derived chance. Knows nothing of Kubernetes.
pub mod sim;
/// Typed tables of objects, their indexes, and the journal of every change.
pub mod store;
/// The shell and kubectl, clients of the facade.
pub mod terminal;
/// Yew components (wasm only).
#[cfg(target_arch = "wasm32")]
pub mod ui;
/// What the screen needs, as plain data.
pub mod view;
