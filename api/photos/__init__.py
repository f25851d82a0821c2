"""Five-fixed proof (五定防伪照片): a photo that fixes time, place, phone, scene and person, each checked by itself.

What a registered phone signs is believed no further than the checks reach: whoever owns the phone and rewrites the page
can sign any pixels. That is why the checks are many, each says why, and a person looks at every proof.
"""
