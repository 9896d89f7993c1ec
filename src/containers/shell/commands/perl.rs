//! perl, as far as the documentation computes pi with it.

use crate::containers::shell::machine::Machine;
use crate::sim::Duration;
/// The documentation's Job computes pi: `perl -Mbignum=bpi -wle 'print bpi(2000)'`.
pub(super) fn perl(shell: &mut Machine, arguments: &[&str]) {
    let script = arguments.last().copied().unwrap_or_default();
    let digits = script
        .split_once("bpi(")
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(count, _)| count.trim().parse::<usize>().ok());
    match digits {
        Some(count) if count <= 10_000 => {
            shell.pause(Duration::from_millis(i64::try_from(count).unwrap_or(0) * 2 + 500));
            shell.print(&format!("{}\n", pi(count)));
        }
        _ => shell.fail(2, "perl: Podyard's perl can only print bpi(N)"),
    }
}

/// `count` significant digits of pi, by Machin's formula in whole numbers of nine decimal digits each.
fn pi(count: usize) -> String {
    const BASE: u64 = 1_000_000_000;
    let limbs = count / 9 + 4;
    let divide = |number: &mut [u64], by: u64| {
        let mut rest = 0;
        for limb in number.iter_mut() {
            let value = rest * BASE + *limb;
            *limb = value / by;
            rest = value % by;
        }
    };
    let arctangent = |inverse: u64, factor: u64| -> Vec<u64> {
        let mut term = vec![0_u64; limbs];
        if let Some(first) = term.first_mut() {
            *first = factor;
        }
        divide(&mut term, inverse);
        let mut sum = term.clone();
        let (mut k, mut minus) = (3, true);
        while term.iter().any(|limb| *limb > 0) {
            divide(&mut term, inverse * inverse);
            let mut part = term.clone();
            divide(&mut part, k);
            combine(&mut sum, &part, minus);
            minus = !minus;
            k += 2;
        }
        sum
    };
    let mut sum = arctangent(5, 16);
    combine(&mut sum, &arctangent(239, 4), true);
    let mut digits: String = sum
        .iter()
        .enumerate()
        .map(|(index, limb)| if index == 0 { limb.to_string() } else { format!("{limb:09}") })
        .collect();
    digits.truncate(count);
    if digits.len() > 1 {
        digits.insert(1, '.');
    }
    digits
}

/// Adds or subtracts numbers of nine-digit limbs, most significant first.
fn combine(sum: &mut [u64], part: &[u64], minus: bool) {
    const BASE: u64 = 1_000_000_000;
    let mut carry = 0;
    for (limb, other) in sum.iter_mut().zip(part).rev() {
        if minus {
            let taken = other + carry;
            carry = u64::from(*limb < taken);
            *limb = *limb + carry * BASE - taken;
        } else {
            *limb += other + carry;
            carry = *limb / BASE;
            *limb %= BASE;
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn pi_has_its_digits() {
        assert_eq!(super::pi(50), "3.1415926535897932384626433832795028841971693993751");
    }
}
