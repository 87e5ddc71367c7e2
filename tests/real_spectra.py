"""Real labelled spectra that have no reader of their own, as `Observed` and labels.

Each function is given the folder of the real data, and returns the spectra and a table
of published labels with one row a spectrum, NaN where there is none. `plateifu` is the
galaxy (or the stacked sample): split by it. Of SAMI the Milky Way's dust is undone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from skyloom.spectra.readers.observed import Observed
from skyloom.spectra.rest.air import air_to_vacuum

MANGA = ("8131-6102", "8131-3702", "8258-6102", "8329-1901", "8138-12704")
MANGA += ("7815-6101", "7815-6101", "9494-3703")
UNUSABLE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 10
LINES = ("HALPHA", "HBETA", "OIII5007", "NII6583", "OI6300", "OII3728")


def manga_tests(real: Path) -> tuple[Observed, pd.DataFrame]:
    """Return 11 spectra of single spaxels: 8, then 3 with broad lines; no labels.

    Number 5 is fully masked, number 6 has a S/N of 1.5.
    """
    folder, parts = real / "spectra" / "mangadap_tests", []
    for kind, names in (("", MANGA), ("_multicomp", [f"broad-{i}" for i in range(3)])):
        with fits.open(folder / f"MaNGA{kind}_test_spectra.fits.gz") as hdus:
            data = {k: _native(hdus[k].data) for k in ("FLUX", "IVAR", "MASK", "Z")}
            wave = _native(hdus["WAVE"].data)
        ivar = np.where(data["MASK"] & UNUSABLE, 0, data["IVAR"])
        columns = {"fname": f"MaNGA{kind}", "plateifu": list(names)}
        info = pd.DataFrame(columns | {"redshift": data["Z"]})
        parts.append((data["FLUX"], ivar, info))
    flux, ivar, info = zip(*parts, strict=True)
    info = pd.concat(info, ignore_index=True)
    spectra = Observed(wave, np.concatenate(flux), np.concatenate(ivar), info)
    return spectra, pd.DataFrame(index=info.index)


def sami(real: Path) -> tuple[Observed, pd.DataFrame]:
    """Return SAMI's sector spectra, both arms, with a masked gap between them.

    Labels of a sector: ``snr``, ``v_star``, ``sigma_star`` and its error [km/s], line
    fluxes ``halpha``... with ``_err``, ``log_n2ha``, ``log_o3hb``, and the class
    ``bpt`` (sf, composite, agn; Kauffmann+ 2003, Kewley+ 2001; empty where a line has a
    S/N below 3). Labels of the galaxy, the same for all its sectors: ``log_age`` [dex,
    Gyr] and ``z_h`` with errors, SSP-equivalent, within one effective radius.
    """
    folder, parts = real / "spectra" / "sami_dr3", []
    ages = pd.read_csv(folder / "tables" / "sami_SSPAperturesDR3.csv.gz")
    ages = ages.set_index("catidpub")
    for path in sorted((folder / "sectors").glob("*.fits.gz")):
        with fits.open(path) as hdus:
            arms = [_sami_arm(hdus, arm) for arm in ("BLUE", "RED")]
            header, table = hdus[0].header, hdus["LABELS"].data
            labels = pd.DataFrame(
                {name.lower(): _native(table[name]) for name in table.names}
            )
        wave, flux, variance = (
            np.concatenate(part, axis=-1) for part in zip(*arms, strict=True)
        )
        good = np.isfinite(flux) & (variance > 0)
        ivar = np.divide(1, variance, out=np.zeros_like(variance), where=good)
        info = (labels[["x", "y"]] - 24.5) * 0.5  # 50 pixels of 0.5"
        info["v_star"] = labels["v_star"]
        info["fname"], info["plateifu"] = path.name, header["NAME"].strip()
        info["redshift"] = header["Z_SPEC"]
        parts.append((np.where(good, flux, 0), ivar, info, _sami_labels(labels)))
        info["area"] = labels["npix"] * 0.25
        name = header["OBS"].strip()
        for ours, theirs in (("log_age", "age_re"), ("z_h", "z_re")):
            known = name in ages.index
            value, error = (
                ages.loc[name, column] if known else np.nan
                for column in (theirs, f"{theirs}_err")
            )
            if ours == "log_age":
                value, error = np.log10(value), error / value / np.log(10)
            parts[-1][3][ours], parts[-1][3][f"{ours}_err"] = value, error
    flux, ivar = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
    info, labels = (pd.concat([p[i] for p in parts], ignore_index=True) for i in (2, 3))
    spectra = Observed(wave, flux.astype(np.float32), ivar.astype(np.float32), info)
    return spectra, labels


def fors2(real: Path) -> tuple[Observed, pd.DataFrame]:
    """Return FORS2 spectra with a redshift and an (estimated) noise.

    Wavelengths are taken for those in air, as the instrument's pipeline gives them.
    Labels are of automatic line fits, ``oii_ew`` and ``hb_ew`` [Å, rest]. The published
    fits to photometry are left out: age, dust and specific rate are nearly constant.
    """
    folder = real / "spectra" / "fors2_rxj0054"
    with fits.open(folder / "spectra_a.fits.gz") as hdus:
        wave, flux, flag, sigma = (
            _native(hdus[k].data) for k in ("WAVE", "FLUX", "FLAG", "SIGMA_EST")
        )
        meta = pd.DataFrame({k: _native(hdus["META"].data[k]) for k in ("SPEC", "Z")})
    keep = (meta["Z"] > 0).to_numpy() & np.isfinite(sigma).any(axis=1)
    wave, flux, flag, sigma = (a[keep] for a in (wave, flux, flag, sigma))
    meta = meta[keep].reset_index(drop=True)
    good = (flag == 0) & np.isfinite(flux) & (sigma > 0) & (flux != 0)
    ivar = np.divide(1, sigma**2, out=np.zeros_like(sigma), where=good)
    names = [f"SPEC{number}" for number in meta["SPEC"]]
    columns = {"fname": names, "plateifu": names, "redshift": meta["Z"]}
    spectra = Observed(
        air_to_vacuum(_continued(wave)),
        np.where(good, flux, 0).astype(np.float32),
        ivar.astype(np.float32),
        pd.DataFrame(columns),
    )
    lines = pd.read_csv(folder / "gelato_lines.csv")
    lines.index = lines["Name"].str.extract(r"(SPEC\d+)")[0]
    lines = lines[~lines.index.duplicated()].reindex(names)
    labels = {
        "oii_ew": lines["SF_[OII]_3728.48_REW"],
        "hb_ew": lines["Balmer_HI_4862.68_REW"],
    }
    return spectra, pd.DataFrame({k: np.asarray(v) for k, v in labels.items()})


def stacks(real: Path) -> tuple[Observed, pd.DataFrame]:
    """Return 24 stacks of MaNGA's early-type galaxies, at rest, of S/N about 1,700.

    Their continuum is divided out: lines can be compared with other spectra's, colours
    cannot.

    Labels by alf: ``log_age`` [dex, Gyr], ``z_h``, ``sigma_star`` [km/s] with errors.
    """
    folder, parts = real / "spectra" / "manga_etg_stacks", []
    for path in sorted(folder.glob("*.dat.gz")):
        wave, flux, error, weight, _ = np.loadtxt(path, unpack=True)
        name = path.name.removesuffix(".dat.gz")
        alf = np.loadtxt(path.with_name(f"{name}.sum"))
        mode, sample, rest = name.split("__")
        level, zone = rest.split("_")[0], rest.rsplit("_", 1)[1]
        labels = dict(
            zip(("v", "sigma_star", "log_age", "z_h"), alf[0, 1:5], strict=True)
        )
        labels |= {f"{k}_err": alf[2, i] for i, k in enumerate(labels, start=1)}
        info = {"fname": name, "plateifu": f"{sample}__{level}", "redshift": 0.0}
        info |= {"v_star": labels.pop("v"), "mode": mode, "zone": zone}
        parts.append((wave, flux, np.where(weight > 0, error**-2.0, 0), info, labels))
    longest = max(len(part[0]) for part in parts)
    wave, flux, ivar = (
        np.stack(
            [
                np.pad(p[i], (0, longest - len(p[i])), "constant", constant_values=v)
                for p in parts
            ]
        )
        for i, v in ((0, np.nan), (1, 0.0), (2, 0.0))
    )
    info, labels = (pd.DataFrame([p[i] for p in parts]) for i in (3, 4))
    single = (flux.astype(np.float32), ivar.astype(np.float32))
    return Observed(_continued(wave), *single, info), labels


def _sami_arm(hdus, arm: str):
    """Return wave, flux and variance of an arm with a masked pixel at each end."""
    wave = air_to_vacuum(hdus[f"WAVE_{arm}"].data)
    ends = [2 * wave[0] - wave[1]], [2 * wave[-1] - wave[-2]]
    pad = ((0, 0), (1, 1))
    dust = _native(hdus[f"DUST_{arm}"].data)
    flux, variance = (
        np.pad(_native(hdus[f"{kind}_{arm}"].data) * by, pad, constant_values=np.nan)
        for kind, by in (("FLUX", dust), ("VAR", dust**2))
    )
    return np.concatenate([ends[0], wave, ends[1]]), flux, variance


def _sami_labels(table: pd.DataFrame) -> pd.DataFrame:
    names = [f"{line.lower()}{e}" for line in LINES for e in ("", "_err")]
    labels = table[
        ["x", "y", "snr", "v_star", "sigma_star", "sigma_star_err", *names]
    ].copy()
    seen = np.all(
        [
            table[k] > 3 * table[f"{k}_err"]
            for k in ("halpha", "hbeta", "oiii5007", "nii6583")
        ],
        axis=0,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        n2 = np.where(seen, np.log10(table["nii6583"] / table["halpha"]), np.nan)
        o3 = np.where(seen, np.log10(table["oiii5007"] / table["hbeta"]), np.nan)
    forming = (n2 < 0.05) & (o3 < 0.61 / (np.minimum(n2, 0.0) - 0.05) + 1.3)
    active = (n2 > 0.47) | (o3 > 0.61 / (np.minimum(n2, 0.4) - 0.47) + 1.19)
    classes = np.where(forming, "sf", np.where(active, "agn", "composite"))
    return labels.assign(log_n2ha=n2, log_o3hb=o3, bpt=np.where(seen, classes, ""))


def _continued(wave: np.ndarray) -> np.ndarray:
    """Return wavelengths with the padding of each row replaced by further pixels."""
    wave = np.array(wave, np.float64)
    for row in wave:
        known = np.flatnonzero(np.isfinite(row))
        last, step = known[-1], row[known[-1]] - row[known[-1] - 1]
        row[last + 1 :] = row[last] + step * np.arange(1, len(row) - last)
    return wave


def _native(array: np.ndarray) -> np.ndarray:
    array = np.array(array)
    return array.astype(array.dtype.newbyteorder("="))
