//! What control loops, scheduler and kubelet share.
