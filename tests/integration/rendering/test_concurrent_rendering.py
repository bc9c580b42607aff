"""Many threads render at once; each gets its own certificate."""

import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pikepdf


def test_eight_threads_get_what_one_gets(certificate_of, rendered):
    def named(index):
        def change(body):
            body["contract"]["subject"] = f"بازسازی ساختمان شمارهٔ {index}"

        return certificate_of("smallest", change)

    certificates = [named(index) for index in range(16)]
    alone = [rendered(each).pdf for each in certificates]
    with ThreadPoolExecutor(8) as pool:
        together = [each.pdf for each in pool.map(rendered, certificates)]
    assert together == alone
    assert len(set(alone)) == len(certificates)
    for index, pdf in enumerate(together):
        with pikepdf.open(BytesIO(pdf)) as opened:
            data = opened.Root.AF[0].EF.F.read_bytes().decode()
        assert re.search(rf"شمارهٔ {index}\b", data)
