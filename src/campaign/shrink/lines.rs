//! Fewer lines: steps, faults and misbehaviour.
//!
//! First halves go, then quarters, down to single lines (delta debugging); the last lines first,
//! for others seldom rest on them. Some lines only go together, like a step that lets somebody in
//! and the one that throws them out: once there are few, each pair is tried too.

use super::Shrinking;
use crate::script::Script;

/// Up to so many lines, each pair is tried: at most 190 runs.
const FEW: usize = 20;

/// How many lines there are.
pub fn count(script: &Script) -> usize {
    script.steps.len() + script.faults.len() + script.misbehaviour.len()
}

/// Chunk after chunk, then line after line, until each single one is needed.
pub(super) fn one_by_one(shrinking: &mut Shrinking) {
    let mut size = count(shrinking.script()).div_ceil(2);
    while size > 0 {
        let some_went = chunks(shrinking, size);
        if size > 1 || !some_went {
            size /= 2;
        }
    }
}

/// Tries to leave out each chunk of this size; says whether one could go.
fn chunks(shrinking: &mut Shrinking, size: usize) -> bool {
    let mut some_went = false;
    let mut end = count(shrinking.script());
    while end > 0 {
        let start = end.saturating_sub(size);
        let left_out = without(shrinking.script(), |line| (start..end).contains(&line));
        some_went |= shrinking.try_out(&left_out);
        end = start;
    }
    some_went
}

/// Each pair of lines.
pub(super) fn in_pairs(shrinking: &mut Shrinking) {
    let mut second = count(shrinking.script());
    if second > FEW {
        return;
    }
    while second > 1 {
        second -= 1;
        for first in (0..second).rev() {
            let pair = |line| line == first || line == second;
            let left_out = without(shrinking.script(), pair);
            if shrinking.try_out(&left_out) {
                // The lines behind the second have moved up; they were tried with all before.
                second -= 1;
                break;
            }
        }
    }
}

/// The script without some lines, by their place: misbehaviour, then steps, then faults.
fn without(script: &Script, goes: impl Fn(usize) -> bool) -> Script {
    let mut left = script.clone();
    let mut line = 0;
    let mut stays = || {
        line += 1;
        !goes(line - 1)
    };
    left.misbehaviour.retain(|_| stays());
    left.steps.retain(|_| stays());
    left.faults.retain(|_| stays());
    left
}
