//! One kernel, compiled for several widths of vector registers and chosen when it runs.
//!
//! A kernel is a loop over columns that the compiler vectorises. It is written once, with explicit
//! `mul_add` and sums over a fixed number of lanes, so that every level returns the same bits; the
//! plain level is the fallback of machines without wide registers, and slow, because it must round
//! a fused product as they do.

#![expect(
    unsafe_code,
    reason = "a function for registers that a processor may lack is unsafe to call; this module \
              alone calls one, and only for a level that the processor was asked about"
)]

/// Numbers that advance together, whatever the registers: sums over them have a fixed order.
pub(crate) const LANES: usize = 8;

/// A loop to compile for every level; `run` must be `#[inline(always)]`.
pub(crate) trait Kernel {
    /// What the loop returns.
    type Output;

    /// Runs the loop.
    fn run(self) -> Self::Output;
}

/// The registers that a kernel may use: a level that this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level(Registers);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registers {
    Plain,
    #[cfg(target_arch = "x86_64")]
    V3,
    #[cfg(target_arch = "x86_64")]
    V4,
}

impl Level {
    /// The widest level of this processor.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let has_v3 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let wide = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq");
            if has_v3 && wide && is_x86_feature_detected!("avx512vl") {
                return Self(Registers::V4);
            }
            if has_v3 {
                return Self(Registers::V3);
            }
        }
        Self(Registers::Plain)
    }

    /// Every level of this processor, the plain one first.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut levels = vec![Self(Registers::Plain)];
        #[cfg(target_arch = "x86_64")]
        match Self::best().0 {
            Registers::Plain => {}
            Registers::V3 => levels.push(Self(Registers::V3)),
            Registers::V4 => levels.extend([Self(Registers::V3), Self(Registers::V4)]),
        }
        levels
    }

    /// Runs a kernel with these registers.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Registers::Plain => kernel.run(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: only `best` and `all` make this level, where the processor has AVX2 and FMA.
            Registers::V3 => unsafe { v3(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: likewise, where it has AVX-512 F, DQ and VL as well.
            Registers::V4 => unsafe { v4(kernel) },
        }
    }
}

/// Runs a kernel with the widest registers of this processor.
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    Level::best().run(kernel)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn v3<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
fn v4<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

/// The lanes from row `start` on, zero where the column ends.
#[inline(always)]
pub(crate) fn load(column: &[f64], start: usize) -> [f64; LANES] {
    if let Some(lanes) = column.get(start..).and_then(|rest| rest.first_chunk()) {
        return *lanes;
    }
    let mut lanes = [0.0; LANES];
    for (lane, value) in lanes.iter_mut().zip(&column[start..]) {
        *lane = *value;
    }
    lanes
}

/// The sum of the lanes, in one order.
#[inline(always)]
pub(crate) fn total(lanes: &[f64; LANES]) -> f64 {
    let half: [f64; 4] = std::array::from_fn(|l| lanes[l] + lanes[l + 4]);
    (half[0] + half[2]) + (half[1] + half[3])
}

/// Σ value·weight over a column, in a fixed order.
pub(crate) struct WeightedSum<'a> {
    pub(crate) values: &'a [f64],
    pub(crate) weights: &'a [f64],
}

impl Kernel for WeightedSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut sums = [0.0; LANES];
        for start in (0..self.values.len()).step_by(LANES) {
            let (values, weights) = (load(self.values, start), load(self.weights, start));
            for l in 0..LANES {
                sums[l] += weights[l] * values[l];
            }
        }
        total(&sums)
    }
}
