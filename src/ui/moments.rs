//! Moments that a person goes to from where they read of them.

use super::bridge::Engine;
use crate::sim::Time;

impl Engine {
    /// Goes to a moment that is over, looks, and stands there; what was done since lies ahead.
    pub(crate) fn look_at(&self, at: Time) {
        self.catch_up();
        let past = self.read(|state| at < state.cluster.now());
        if !past {
            return;
        }
        self.write(|state| {
            state.playing = false;
            state.cluster.back_to(at);
            state.epoch += 1;
            state.follow_clock();
        });
        self.plan();
    }
}
